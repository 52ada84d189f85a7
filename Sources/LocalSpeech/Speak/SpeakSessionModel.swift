/// Decides everything a speak connection says: text, finished audio and time in; messages, synthesis jobs,
/// audio chunks and the close out.
///
/// Pure: no socket, no clock, no engine. Times are since the upgrade. Text is spoken sentence by sentence as
/// it completes, the rest at `Flush`; audio and `Flushed` leave in the order they were asked for.
package struct SpeakSessionModel {
    /// An instruction to the connection.
    package enum Action: Equatable {
        case send(SpeakMessage)
        /// Have this text spoken and report to `synthesised`. At most one job at a time.
        case synthesise(job: Int, text: String)
        /// Send this close frame; nothing follows.
        case close(StreamClosure)
    }

    /// What the service allows.
    package struct Limits: Equatable, Sendable {
        package var charactersPerMessage = 2_000
        package var charactersPerMinute = 2_400
        package var flushesPerMinute = 20
        package var session: Duration = .seconds(3600)
        /// Bytes per audio message; 0 stands for 80 ms.
        package var chunkBytes = 0
        /// Makes every second chunk one byte longer, so that samples are cut in two.
        package var oddChunks = false

        package init() {}
    }

    private enum Item {
        case text(job: Int, String)
        case audio([UInt8])
        case flushed
        case close
    }

    private let limits: Limits
    private let sampleRate: Int
    private var queue: [Item] = []
    private var buffer = ""
    private var runningJob: Int?
    private var nextJob = 0
    private var flushedCount = 0
    private var clearedCount = 0
    private var chunkCount = 0
    private var audioOffset = 0
    private var isClosed = false
    private var spoken: [(at: Duration, characters: Int)] = []
    private var flushes: [Duration] = []
    /// Samples made so far on this connection.
    package private(set) var samplesMade = 0

    private static let minute: Duration = .seconds(60)

    package init(parameters: SpeakParameters, limits: Limits) {
        self.limits = limits
        sampleRate = parameters.sampleRate
    }

    /// Whether audio is ready to leave.
    package var hasAudio: Bool {
        guard !isClosed, case .audio = queue.first else { return false }
        return true
    }

    /// A text message arrived.
    package mutating func textReceived(_ text: String, at now: Duration) -> [Action] {
        guard !isClosed else { return [] }
        switch SpeakCommand(text: text) {
        case .speak(let words): return speak(words, at: now)
        case .flush: return flush(at: now)
        case .clear: return clear()
        case .close:
            takeBuffer(whole: true)
            queue.append(.close)
            return advance()
        case .malformed:
            return end(StreamClosure(code: 1008, reason: "Unknown or malformed message. DATA-0000"))
        }
    }

    /// A binary message arrived: there are none in this direction.
    package mutating func binaryReceived() -> [Action] {
        guard !isClosed else { return [] }
        return end(StreamClosure(code: 1003, reason: "Binary messages are not accepted. MESSAGE-0000"))
    }

    /// The engine has finished `job`; `nil` if it failed.
    package mutating func synthesised(_ job: Int, samples: [Int16]?) -> [Action] {
        guard !isClosed, runningJob == job else { return [] }
        runningJob = nil
        // After a Clear the job is no longer in the queue and its audio is dropped.
        guard case .text(job, _) = queue.first else { return advance() }
        queue.removeFirst()
        guard let samples, !samples.isEmpty else {
            let warning = SpeakMessage.warning(
                code: "NO_AUDIO", description: "No audio could be made of this text.")
            return [.send(warning)] + advance()
        }
        samplesMade += samples.count
        queue.insert(.audio(PCM.bytes(littleEndian: samples)), at: 0)
        return advance()
    }

    /// The next audio message, and what follows once it is sent.
    package mutating func nextChunk() -> (bytes: [UInt8], actions: [Action])? {
        guard !isClosed, case .audio(let bytes) = queue.first else { return nil }
        var length = limits.chunkBytes > 0 ? limits.chunkBytes : sampleRate * 2 * 80 / 1000
        if limits.oddChunks { length += chunkCount % 2 == 0 ? 1 : 2 }
        chunkCount += 1
        let end = min(bytes.count, audioOffset + length)
        let chunk = Array(bytes[audioOffset..<end])
        audioOffset = end
        guard end == bytes.count else { return (chunk, []) }
        queue.removeFirst()
        audioOffset = 0
        return (chunk, advance())
    }

    /// Time went by.
    package mutating func timePassed(to now: Duration) -> [Action] {
        guard !isClosed, now >= limits.session else { return [] }
        return end(StreamClosure(code: 1011, reason: "The session exceeded its time limit. NET-0003"))
    }

    // MARK: parts

    private mutating func speak(_ words: String, at now: Duration) -> [Action] {
        guard words.count <= limits.charactersPerMessage else {
            let limit = limits.charactersPerMessage
            return end(StreamClosure(code: 1009, reason: "The text exceeds \(limit) characters. BIG-0001"))
        }
        spoken.removeAll { now - $0.at >= Self.minute }
        spoken.append((now, words.count))
        guard spoken.map(\.characters).reduce(0, +) <= limits.charactersPerMinute else {
            return end(StreamClosure(code: 1008, reason: "Too many characters per minute. DATA-0001"))
        }
        buffer += words
        takeBuffer(whole: false)
        return advance()
    }

    private mutating func flush(at now: Duration) -> [Action] {
        flushes.removeAll { now - $0 >= Self.minute }
        guard flushes.count < limits.flushesPerMinute else {
            return [
                .send(
                    .warning(
                        code: "EXCESSIVE_FLUSH",
                        description:
                            "More than \(limits.flushesPerMinute) Flush messages in 60 seconds: ignored."))
            ]
        }
        flushes.append(now)
        takeBuffer(whole: true)
        queue.append(.flushed)
        return advance()
    }

    private mutating func clear() -> [Action] {
        queue.removeAll()
        buffer = ""
        audioOffset = 0
        clearedCount += 1
        return [.send(.cleared(sequenceID: clearedCount - 1))]
    }

    private mutating func end(_ closure: StreamClosure) -> [Action] {
        isClosed = true
        return [.close(closure)]
    }

    /// Queues what of the buffer is to be spoken now: complete sentences, or everything.
    private mutating func takeBuffer(whole: Bool) {
        var rest = Substring(buffer)
        while let end = Self.sentenceEnd(rest) {
            enqueue(rest[..<end])
            rest = rest[end...]
        }
        if whole {
            enqueue(rest)
            rest = ""
        }
        buffer = String(rest)
    }

    private mutating func enqueue(_ text: Substring) {
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        queue.append(.text(job: nextJob, String(text)))
        nextJob += 1
    }

    /// Behind the first `.`, `!` or `?` that blank space follows.
    private static func sentenceEnd(_ text: Substring) -> Substring.Index? {
        text.indices.dropLast().lazy
            .filter { ".!?".contains(text[$0]) && text[text.index(after: $0)].isWhitespace }
            .first.map { text.index(after: $0) }
    }

    /// Handles the head of the queue until it is audio, or text an engine works on.
    private mutating func advance() -> [Action] {
        var actions: [Action] = []
        while let first = queue.first {
            switch first {
            case .audio: return actions
            case .text(let job, let text):
                if runningJob == nil {
                    runningJob = job
                    actions.append(.synthesise(job: job, text: text))
                }
                return actions
            case .flushed:
                actions.append(.send(.flushed(sequenceID: flushedCount)))
                flushedCount += 1
            case .close: return actions + end(.normal)
            }
            queue.removeFirst()
        }
        return actions
    }
}
