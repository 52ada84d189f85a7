import Crossing
import Glibc
import NIOCore
import NIOPosix

/// Calls back on the event loop whenever a `WakeUp` was signalled, by way of the loop's own poll.
final class WakeUpChannel {
    private var channel: (any Channel)?
    private var isClosed = false

    /// Runs on: `loop` only. Begins to listen soon; signals given before are not lost.
    init(_ wakeUp: WakeUp, on loop: any EventLoop, signalled: @escaping () -> Void) {
        let handler = NIOLoopBound(WakeUpHandler(signalled), eventLoop: loop)
        // The loop owns what it watches, the wake-up owns its own.
        let descriptor = dup(wakeUp.fileDescriptor)
        NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .hop(to: loop).assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel):
                    if self.isClosed { channel.close(promise: nil) } else { self.channel = channel }
                case .failure(let error):
                    preconditionFailure("the event loop does not take an eventfd: \(error)")
                }
            }
    }

    func close() {
        isClosed = true
        channel?.close(promise: nil)
        channel = nil
    }
}

/// An eventfd yields eight bytes that say nothing; reading them is what clears it.
private final class WakeUpHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let signalled: () -> Void

    init(_ signalled: @escaping () -> Void) { self.signalled = signalled }

    func channelReadComplete(context: ChannelHandlerContext) {
        signalled()
        context.fireChannelReadComplete()
    }
}
