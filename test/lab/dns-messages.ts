/** Makes messages of multicast DNS, also wrong ones (RFC 1035, section 4; RFC 6763). */

const PTR = 12;
const TXT = 16;
const SRV = 33;

/** Encodes a name. */
function name(text: string): Buffer {
  const labels = text.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

function record(owner: string, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt32BE(120, 4);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([name(owner), fields, data]);
}

/** Returns a response in hexadecimal. Its header promises so many answers. */
export function response(answers: readonly Buffer[], promised = answers.length): string {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8400, 2);
  header.writeUInt16BE(promised, 6);
  return Buffer.concat([header, ...answers]).toString('hex');
}

/** Returns the records that announce a room on a port of their sender. */
export function announcing(id: string, room: string, port: number): Buffer[] {
  const type = '_aparte._tcp.local';
  const service = `${id}.${type}`;
  const target = Buffer.alloc(6);
  target.writeUInt16BE(port, 4);
  const strings = ['v=1', `room=${room}`].map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]));
  return [
    record(type, PTR, name(service)),
    record(service, SRV, Buffer.concat([target, name(`${id}.local`)])),
    record(service, TXT, Buffer.concat(strings)),
  ];
}

/** Returns records that all point to one long name in capitals, in few bytes (RFC 1035, section 4.1.4). */
export function sameNames(count: number): Buffer[] {
  const type = '_aparte._tcp.local';
  const long = [63, 63, 63, 58].map((length) => 'A'.repeat(length)).join('.');
  const first = record(type, PTR, name(long));
  const typeAt = 12;
  const longAt = typeAt + first.length - name(long).length;
  const pointer = (at: number) => Buffer.of(0xc0, at);
  const fields = Buffer.from(first.subarray(name(type).length, name(type).length + 10));
  fields.writeUInt16BE(2, 8);
  const more = Buffer.concat([pointer(typeAt), fields, pointer(longAt)]);
  return [first, ...Array.from({ length: count - 1 }, () => more)];
}
