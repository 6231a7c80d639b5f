// Loaded into every measured server with `node --import`. On request it reports the resources of the process to the
// parent process, after a garbage collection if the parent asks for one.
process.on('message', (request) => {
  if (request === 'collected') for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss, heap: heapUsed + external, cpu: (user + system) / 1_000 });
});
// The channel to the parent must not keep the server alive.
process.channel?.unref();
