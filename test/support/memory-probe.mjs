// Loaded into a server process by a test that asks how much memory it holds; started with --expose-gc and a channel.
process.on('message', () => {
  // What the first one only marks as gone, memory beside the heap for the most part, the second one frees.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ heapUsed, external })
})
process.channel.unref()
