// A bare Socket.IO relay for pairings, as people write it: rooms, frames forwarded unread, all defaults.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http);

io.on('connection', (socket) => {
  let room;
  socket.on('join', (name, card, done) => {
    room = name;
    socket.join(room);
    socket.to(room).emit('came', socket.id, card);
    done(io.sockets.adapter.rooms.get(room).size);
  });
  socket.on('frame', (data) => {
    socket.to(room).emit('frame', data);
  });
  socket.on('leave', (done) => {
    socket.leave(room);
    socket.to(room).emit('left', socket.id);
    done();
  });
});

http.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
