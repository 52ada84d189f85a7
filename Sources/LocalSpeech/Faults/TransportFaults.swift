import Glibc
import NIOCore

/// Stands first in a connection's pipeline, below TLS, and makes the transport misbehave when told.
///
/// Runs on: the connection's event loop.
final class TransportFaults: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var isFrozen = false
    private var heldReads: [NIOAny] = []
    private var heldWrites: [(NIOAny, EventLoopPromise<Void>?)] = []
    private var readWanted = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        for (_, promise) in heldWrites { promise?.fail(ChannelError.ioOnClosedChannel) }
        heldWrites = []
        self.context = nil
    }

    /// Closes with a TCP reset.
    func reset() {
        guard let context else { return }
        guard let socket = context.channel as? any SocketOptionProvider else {
            context.close(promise: nil)
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    /// Closes the TCP connection below whatever would say goodbye.
    func drop() { context?.close(promise: nil) }

    /// Closes our sending direction only.
    func closeOutput() { context?.close(mode: .output, promise: nil) }

    /// Makes the kernel keep as little as possible for us to read.
    func shrinkReceiveBuffer() {
        context?.channel.setOption(.socketOption(.so_rcvbuf), value: 1)
            .whenFailure { _ in }
    }

    /// Neither reads nor writes until `thaw`.
    func freeze() { isFrozen = true }

    /// Goes on where `freeze` stopped: everything held back moves now, in order.
    func thaw() {
        guard isFrozen, let context else { return }
        isFrozen = false
        for data in heldReads { context.fireChannelRead(data) }
        if !heldReads.isEmpty { context.fireChannelReadComplete() }
        for (data, promise) in heldWrites { context.write(data, promise: promise) }
        heldReads = []
        heldWrites = []
        context.flush()
        if readWanted {
            readWanted = false
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isFrozen { heldReads.append(data) } else { context.fireChannelRead(data) }
    }

    func read(context: ChannelHandlerContext) {
        if isFrozen { readWanted = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isFrozen { heldWrites.append((data, promise)) } else { context.write(data, promise: promise) }
    }

    func flush(context: ChannelHandlerContext) {
        if !isFrozen { context.flush() }
    }
}
