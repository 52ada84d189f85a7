import Audio
import SpeechProtocol

/// A Listen service whose answers depend on nothing but the positions it hears, and on how it feels.
///
/// It does what the real one does where that matters to a client: interim results, finals that partition the
/// connection's time, empty finals in silence, Finalize always answered, Metadata with the duration at the
/// end, a close for whoever sends nothing.
final class SimulatedService {
    enum Manner: Equatable {
        case well
        /// Takes audio and says nothing; pings may go unanswered, too.
        case silent(pongs: Bool)
        /// Answers the upgrade with a status.
        case refusing(status: Int, retryAfter: Int?)
        /// Opens, and closes at once.
        case closing(code: UInt16, reason: String)
    }

    let speeches: [Speech]
    let rate: SampleRate
    private var dice: Dice
    var manner = Manner.well
    /// The key that is good now; nil: any.
    var validKey: String?
    /// Between hearing and saying, in seconds.
    var thinking = 0.2
    /// Whether interim results are sent.
    var saysInterims = true
    private(set) var sessions: [ServiceSession] = []
    /// Connections opened so far, and upgrades refused.
    private(set) var connections = 0
    private(set) var refusals = 0
    /// Frames sent to a service that kept silent, on the connection that bore it longest.
    var longestUnanswered: Int64 = 0
    /// Finals that were asked for and may have cut a word, and connections that ended one.
    var hardCuts = 0
    /// What no client should have done.
    var complaints: [String] = []

    init(speeches: [Speech], seed: UInt64) {
        precondition(!speeches.isEmpty, "somebody speaks")
        self.speeches = speeches
        rate = speeches[0].rate
        dice = Dice(seed: seed ^ 0x5E_41CE)
    }

    enum Answer {
        case open(ServiceSession, requestID: String)
        case refused(Refusal)
    }

    /// The upgrade of a new connection.
    func upgrade(credential: Credential, _ transport: SimulatedTransport) -> Answer {
        let key = credential.subprotocolHeader?.withValue { String($0.split(separator: " ").last ?? "") }
        if let validKey, key != validKey { return refuse(401, nil) }
        if case .refusing(let status, let retryAfter) = manner { return refuse(status, retryAfter) }
        connections += 1
        let session = ServiceSession(self, transport, number: connections, dice: Dice(seed: dice.next()))
        sessions.append(session)
        return .open(session, requestID: "r\(connections)")
    }

    private func refuse(_ status: Int, _ retryAfter: Int?) -> Answer {
        refusals += 1
        let headers = retryAfter.map { [(name: "Retry-After", value: "\($0)")] } ?? []
        return .refused(Refusal(status: status, headers: headers))
    }

    func ended(_ session: ServiceSession) {
        hardCuts += 2
        sessions.removeAll { $0 === session }
    }

    /// Closes every connection, with these words.
    func closeAll(code: UInt16, reason: String) {
        for session in sessions { session.close(code: code, reason: reason) }
    }

    func thinkingTime() -> Double { thinking * dice.seconds(0.7...1.3) }
}

/// One connection as the service sees it.
final class ServiceSession {
    /// After which the service closes a connection it gets nothing from; documented 10 s, measured 12 s.
    static let idleSeconds = 12.0

    private let service: SimulatedService
    private weak var transport: SimulatedTransport?
    private let number: Int
    private var recognisers: [Recogniser]
    private var frames: Int64 = 0
    private var position: Int64 = -1
    private var nextInterim: Int64
    private var isOver = false
    /// Frames heard since the service fell silent.
    private var unanswered: Int64 = 0

    init(_ service: SimulatedService, _ transport: SimulatedTransport, number: Int, dice: Dice) {
        var dice = dice
        self.service = service
        self.transport = transport
        self.number = number
        recognisers = service.speeches.map { Recogniser($0, dice: Dice(seed: dice.next())) }
        nextInterim = Int64(service.rate.hertz)
    }

    func opened() {
        if case .closing(let code, let reason) = service.manner { close(code: code, reason: reason) }
    }

    // MARK: what comes

    func received(_ payload: Payload) {
        guard !isOver else { return }
        if payload.position < position {
            service.complaints.append(
                "connection \(number) went back from \(position) to \(payload.position)")
        }
        position = payload.position + payload.frames
        frames += payload.frames
        for index in recognisers.indices { recognisers[index].hear(payload.position, payload.frames) }
        guard isAnswering else {
            unanswered += payload.frames
            service.longestUnanswered = max(service.longestUnanswered, unanswered)
            return
        }
        unanswered = 0
        for channel in recognisers.indices {
            for stretch in recognisers[channel].finals() { say(stretch, channel: channel) }
        }
        if service.saysInterims, frames >= nextInterim {
            nextInterim = frames + Int64(service.rate.hertz)
            for channel in recognisers.indices { say(recognisers[channel].interim(), channel: channel) }
        }
    }

    func received(text: String) {
        guard !isOver, isAnswering else { return }
        if text.contains("Finalize") {
            service.hardCuts += 2 * recognisers.count
            for channel in recognisers.indices {
                say(recognisers[channel].finalize(), channel: channel, fromFinalize: true)
            }
        } else if text.contains("CloseStream") {
            service.hardCuts += 2 * recognisers.count
            for channel in recognisers.indices { say(recognisers[channel].finalize(), channel: channel) }
            sendMetadata()
            close(code: 1000, reason: "")
        }
    }

    /// Whether a ping is answered.
    func answersPing() -> Bool { !isOver && service.manner != .silent(pongs: false) }

    /// Nothing came for too long.
    func clientIsSilent() {
        guard !isOver else { return }
        sendMetadata()
        close(
            code: 1011,
            reason: "Deepgram did not receive audio data or a text message within the timeout window. "
                + "See https://dpgr.am/net0001")
    }

    /// The transport is gone.
    func lost() {
        guard !isOver else { return }
        isOver = true
        service.ended(self)
    }

    private var isAnswering: Bool {
        if case .silent = service.manner { false } else { true }
    }

    // MARK: what is said

    func close(code: UInt16, reason: String) {
        guard !isOver else { return }
        isOver = true
        service.ended(self)
        transport?.fromService(.close(code, reason), thinking: 0)
    }

    private func sendMetadata() {
        let seconds = Double(frames) / Double(service.rate.hertz)
        send(
            #"{"type":"Metadata","request_id":"r\#(number)","sha256":"incomplete","duration":\#(seconds),"#
                + #""channels":\#(recognisers.count)}"#)
    }

    private func say(_ stretch: Recogniser.Stretch, channel: Int, fromFinalize: Bool = false) {
        let words = stretch.words.map {
            #"{"word":"\#($0.text)","start":\#(time($0.start)),"end":\#(time($0.end)),"confidence":0.97}"#
        }
        let text = stretch.words.map(\.text).joined(separator: " ")
        send(
            #"{"type":"Results","channel_index":[\#(channel),\#(recognisers.count)],"#
                + #""start":\#(time(stretch.start)),"duration":\#(time(stretch.end - stretch.start)),"#
                + #""is_final":\#(stretch.isFinal),"speech_final":\#(stretch.atPause),"#
                + #""from_finalize":\#(fromFinalize),"channel":{"alternatives":[{"transcript":"\#(text)","#
                + #""confidence":0.98,"words":[\#(words.joined(separator: ","))]}]}}"#)
    }

    /// With the noise of numbers that were 32-bit floats on their way.
    private func time(_ frames: Int64) -> Double {
        let seconds = Double(frames) / Double(service.rate.hertz)
        return seconds < 100 ? Double(Float(seconds)) : (seconds * 1e6).rounded() / 1e6
    }

    private func send(_ json: String) {
        transport?.fromService(.text(json), thinking: service.thinkingTime())
    }
}
