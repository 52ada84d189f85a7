import Audio
import Crossing
import Glibc
import NIOCore
import NIOPosix
import SpeechLink
import SpeechProtocol
import Synchronization
import Testing
import Timeline

/// 1 000 frames a second: a frame is a millisecond.
let rate = SampleRate(hertz: 1_000)
let key = "0123456789abcdef0123456789abcdef01234567"

func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

/// Everything one way of events, in order, waited for one at a time.
final class Events<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    let continuation: AsyncStream<Event>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// The next event `wanted` makes something of; those before it are passed over.
    func next<Wanted: Sendable>(_ wanted: @Sendable (Event) -> Wanted?) async throws -> Wanted {
        for await event in stream {
            if let found = wanted(event) { return found }
        }
        throw CancellationError()
    }
}

/// The event loops of all tests.
let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

func settings(
    _ loop: any EventLoop, scheme: Credential.Scheme = .token, key: String = key, authorities: String? = nil,
    wall: WallTime? = nil
) throws -> LinkSettings {
    var settings = LinkSettings(
        credential: try Credential(scheme: scheme, contents: key),
        security: try TransportSecurity(authoritiesFile: authorities), loop: loop,
        clock: {
            let elapsed = NIODeadline.now() - .uptimeNanoseconds(0)
            let now = WallTime(nanoseconds: Int64(time(nil)) * 1_000_000_000)
            return ClockSample(boot: BootTime(nanoseconds: elapsed.nanoseconds), wall: wall ?? now)
        })
    // On a machine that is busy with other tests peers are slow, not dead; the watch has tests of its own.
    settings.watch.pongTime = .seconds(30)
    settings.watch.stuckTime = .seconds(30)
    return settings
}

/// A ring as a link reads it. Used on the link's loop only.
private final class TestQueue: PacketSource {
    private var records: RecordConsumer

    init(_ records: consuming RecordConsumer) { self.records = records }

    var oldest: StreamPosition { records.entry(at: records.oldest)?.position ?? .start }

    func lookup(_ position: StreamPosition) -> StreamLookup {
        records.entry(at: place(of: position)).map { .entry($0) } ?? .none
    }

    func withPayload(at position: StreamPosition, _ body: (borrowing RawSpan) -> Void) {
        records.withPayload(at: place(of: position), body)
    }

    private func place(of position: StreamPosition) -> RecordConsumer.Cursor {
        var cursor = records.oldest
        while let entry = records.entry(at: cursor), entry.end <= position {
            cursor = records.next(after: cursor)
        }
        return cursor
    }

    /// Lets go of the records that end before `position`.
    func release(before position: StreamPosition) {
        records.release(before: place(of: position))
    }
}

/// A listen link on its loop, the queue it reads, and what it told.
final class Listener: Sendable {
    let events = Events<ListenEvent>()
    let loop: any EventLoop
    private let producer: Mutex<RecordProducer>
    private let link: NIOLoopBound<ListenLink>
    private let queue: NIOLoopBound<TestQueue>

    init(
        url: String, confirmed: Int64 = 0, key: String = key, authorities: String? = nil,
        wall: WallTime? = nil
    ) async throws {
        let loop = group.next()
        let events = events
        let made = try await loop.submit {
            let request = try ListenRequest(
                url: try ServiceURL(parsing: url, defaultPath: ListenRequest.defaultPath), model: "nova-3",
                encoding: .linear16, rate: rate, query: [QueryParameter("tag", "a b")])
            let ring = try RecordRing(capacityBytes: 65_536)
            let queue = TestQueue(ring.consumer)
            let link = ListenLink(
                request: request,
                settings: try settings(loop, key: key, authorities: authorities, wall: wall), source: queue,
                confirmed: ConfirmedEdges(channels: 1, at: position(confirmed))
            ) { events.continuation.yield($0) }
            link.start()
            return (
                NIOLoopBound(link, eventLoop: loop), NIOLoopBound(queue, eventLoop: loop),
                Passing(ring.producer)
            )
        }.get()
        self.loop = loop
        link = made.0
        queue = made.1
        producer = Mutex(made.2.take())
    }

    /// Appends a packet of `frames` frames whose bytes are all `byte`.
    func feed(_ byte: UInt8, at start: Int64, frames: Int64 = 100, bytes: Int = 20) {
        let entry = StreamEntry(
            kind: .packet, position: position(start), frames: FrameCount(frames),
            capturedAt: BootTime(nanoseconds: 0))
        append(entry, payload: [UInt8](repeating: byte, count: bytes))
    }

    func feedGap(at start: Int64, frames: Int64, cause: GapCause = .muted) {
        let entry = StreamEntry(
            kind: .gap, cause: cause, position: position(start), frames: FrameCount(frames),
            capturedAt: BootTime(nanoseconds: 0))
        append(entry, payload: [])
    }

    private func append(_ entry: StreamEntry, payload: [UInt8]) {
        let fits = producer.withLock { producer in
            // Tests run on whatever thread is free.
            producer.handOver()
            return producer.append(entry, payload: payload.span.bytes)
        }
        #expect(fits)
        loop.execute { [link] in link.value.recordsAppended() }
    }

    func release(before position: StreamPosition) async throws {
        try await loop.submit { [queue] in queue.value.release(before: position) }.get()
    }

    func withLink<Result: Sendable>(_ body: @escaping @Sendable (ListenLink) -> Result) async throws -> Result
    {
        try await loop.submit { [link] in body(link.value) }.get()
    }

    func finish() async throws {
        try await loop.flatSubmit { [link] in
            link.value.finishAndClose(head: .start, within: .seconds(60))
        }.get()
    }

    /// The next state that is not merely on the way.
    func nextState(_ wanted: @escaping @Sendable (LinkState) -> Bool) async throws -> LinkState {
        try await events.next { event in
            if case .state(let state) = event, wanted(state) { state } else { nil }
        }
    }

    /// The next error a wait or a refusal is for.
    func nextError() async throws -> LinkError {
        try await events.next { event in
            switch event {
            case .state(.waiting(_, let error)), .state(.refused(_, let error)): error
            default: nil
            }
        }
    }
}

/// Carries a value that can only be moved out of a closure.
private final class Passing: Sendable {
    private let value: Mutex<RecordProducer?>

    init(_ value: consuming sending RecordProducer) { self.value = Mutex(value) }

    func take() -> RecordProducer {
        value.withLock { value in
            guard let producer = value.take() else { preconditionFailure("taken once") }
            return producer
        }
    }
}

func results(_ start: Double, _ duration: Double, _ text: String, final: Bool = true) -> String {
    #"""
    {"type":"Results","channel_index":[0,1],"start":\#(start),"duration":\#(duration),"is_final":\#(final),
     "speech_final":false,"channel":{"alternatives":[{"transcript":"\#(text)","confidence":0.9,"words":[]}]}}
    """#
}
