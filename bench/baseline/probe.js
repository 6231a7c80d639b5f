// Loaded into every server that is measured, whoever's it is (`node --import`): tells its parent on request what the
// process uses, after garbage has been collected if asked for.
process.on('message', (request) => {
  if (request === 'collected') for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss, heap: heapUsed + external, cpu: (user + system) / 1_000 });
});
// It must not keep the server from ending.
process.channel?.unref();
