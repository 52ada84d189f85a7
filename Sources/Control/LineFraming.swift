import NIOCore

/// Cuts a stream of bytes into lines of bounded length. What is longer is passed over to its end.
struct LineFraming {
    enum Piece: Equatable {
        /// Without its newline; never empty.
        case line(ByteBuffer)
        /// A line over the limit began; told once, as soon as it is known.
        case tooLong
    }

    /// Bytes a line may have.
    private let limit: Int
    private var buffer = ByteBuffer()
    /// Leading bytes known to hold no newline.
    private var scanned = 0
    /// The rest of a line that was too long is to be passed over.
    private var isSkipping = false

    init(limit: Int) { self.limit = limit }

    /// Whether there is nothing left, not even a part of a line.
    var isEmpty: Bool { buffer.readableBytes == 0 }

    mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    /// The next line, or nil until more bytes come. At the end of the stream (`atEnd`) what is left is a
    /// line.
    mutating func next(atEnd: Bool = false) -> Piece? {
        while true {
            let unseen = buffer.readableBytesView.dropFirst(scanned)
            if let newline = unseen.firstIndex(of: UInt8(ascii: "\n")) {
                let length = newline - buffer.readerIndex
                if let piece = take(length, terminated: true) { return piece }
            } else if atEnd, buffer.readableBytes > 0 {
                return take(buffer.readableBytes, terminated: false)
            } else {
                scanned = buffer.readableBytes
                return skipIfTooLong()
            }
        }
    }

    private mutating func take(_ length: Int, terminated: Bool) -> Piece? {
        scanned = 0
        let line = buffer.readSlice(length: length) ?? ByteBuffer()
        if terminated { buffer.moveReaderIndex(forwardBy: 1) }
        defer { isSkipping = false }
        if isSkipping || length == 0 { return nil }
        return length > limit ? .tooLong : .line(line)
    }

    private mutating func skipIfTooLong() -> Piece? {
        guard isSkipping || buffer.readableBytes > limit else { return nil }
        buffer.clear()
        scanned = 0
        if isSkipping { return nil }
        isSkipping = true
        return .tooLong
    }
}
