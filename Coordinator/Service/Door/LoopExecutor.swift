import NIOCore

/// Runs tasks on an event loop's thread: who answers a connection does so where its bytes are read,
/// so that no other thread has to be woken for every part of a request. A report is verified and
/// decoded there; what may take long (judging, storing, documents, pages, files) has a thread of
/// its own (`Coordinator`, `Pages`, `BlockingWorker`).
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) {
    self.loop = loop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
