import Glibc
import NIOCore
import NIOPosix

/// Calls back again and again on the event loop until stopped.
final class LoopTimer {
    private var task: RepeatedTask?

    init(every interval: TimeAmount, on loop: any EventLoop, _ body: @escaping () -> Void) {
        let body = NIOLoopBound(body, eventLoop: loop)
        task = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in body.value() }
    }

    func stop() {
        task?.cancel()
        task = nil
    }
}

/// Calls back on the event loop whenever a descriptor (an eventfd, a signalfd) becomes readable, with what
/// was read.
final class LoopWatch {
    private var channel: (any Channel)?
    private var isClosed = false

    /// Watches a duplicate of `descriptor`; the loop reads, and so clears, it.
    init(_ descriptor: Int32, on loop: any EventLoop, _ body: @escaping (ByteBuffer) -> Void) {
        let handler = NIOLoopBound(LoopWatchHandler(body), eventLoop: loop)
        NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptor(input: dup(descriptor))
            .hop(to: loop).assumeIsolated().whenComplete { result in
                guard case .success(let channel) = result else { return }
                if self.isClosed { channel.close(promise: nil) } else { self.channel = channel }
            }
    }

    func close() {
        isClosed = true
        channel?.close(promise: nil)
        channel = nil
    }
}

private final class LoopWatchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let body: (ByteBuffer) -> Void

    init(_ body: @escaping (ByteBuffer) -> Void) { self.body = body }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { body(unwrapInboundIn(data)) }
}
