// A bare Socket.IO relay as people write it: rooms, text forwarded in clear, all defaults.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http);

io.on('connection', (socket) => {
  socket.on('join', (room) => {
    socket.join(room);
    if (io.sockets.adapter.rooms.get(room).size === 2) io.to(room).emit('ready');
  });
  socket.on('text', (room, text, done) => {
    socket.to(room).emit('text', text);
    done();
  });
});

http.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
