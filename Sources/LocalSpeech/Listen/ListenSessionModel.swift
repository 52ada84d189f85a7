/// Decides everything a listen connection says: audio, text, recognised words and time in; messages,
/// recognition jobs and the close out.
///
/// Pure but for the Opus decoder inside `AudioInput`: no socket, no clock, no engine. Times are since the
/// upgrade.
///
/// ```
///   streaming ──CloseStream, empty binary──▶ draining ──last words──▶ closed (Metadata, 1000)
///       │ silence from the client, undecodable audio                    ▲
///       └────────────────────(Metadata "incomplete", 1011 · 1008)───────┘
/// ```
package struct ListenSessionModel {
    /// An instruction to the connection.
    package enum Action: Equatable {
        case send(ListenMessage)
        /// Have these samples recognised and report to `recognised`. Jobs are to be done one after the other.
        case recognise(RecognitionJob)
        /// Send this close frame; nothing follows.
        case close(StreamClosure)
    }

    private enum Phase { case streaming, draining, closed }

    /// What the model may assume about its surroundings.
    package struct Settings: Equatable, Sendable {
        /// How the configured engine wants audio cut.
        package var style: HearingStyle
        /// How long neither audio nor text may arrive: documented 10 s, measured 12 s.
        package var idleLimit: Duration
        /// How long text alone holds a connection that never saw audio.
        package var audioLimit: Duration

        package init(style: HearingStyle, idleLimit: Duration, audioLimit: Duration) {
            self.style = style
            self.idleLimit = idleLimit
            self.audioLimit = audioLimit
        }
    }

    /// How a hearing engine wants audio cut.
    package enum HearingStyle: Equatable, Sendable {
        /// Every second, no matter what is heard.
        case everySecond
        /// At pauses of at least this length; with or without words in interim results.
        case atPauses(milliseconds: Int, interimWords: Bool)
    }

    private let parameters: ListenParameters
    private let settings: Settings
    private let composer: ListenResultComposer
    private var phase = Phase.streaming
    private var input: AudioInput
    private var timelines: [ChannelTimeline]
    private var nextJob = 0
    private var jobsInFlight = 0
    private var interims: [Int: (channel: Int, start: Int, frames: Int)] = [:]
    private var nextInterim = 0
    private var lastHeard: Duration = .zero

    /// - Throws: `AudioInput.Undecodable` if libopus refuses the format.
    package init(parameters: ListenParameters, settings: Settings, requestID: String, created: String) throws
    {
        self.parameters = parameters
        self.settings = settings
        let input = try AudioInput(parameters)
        self.input = input
        composer = ListenResultComposer(
            parameters: parameters, requestID: requestID, created: created, channelCount: input.outputChannels
        )
        let method = Self.method(parameters, settings.style)
        timelines = (0..<input.outputChannels).map { _ in
            ChannelTimeline(sampleRate: parameters.sampleRate, method: method)
        }
        nextInterim = interimFrames
    }

    /// Interim results come every second, as the real service's do, or halfway between finals of a second
    /// each.
    private var interimFrames: Int {
        switch settings.style {
        case .everySecond: parameters.sampleRate / 2
        case .atPauses: parameters.sampleRate
        }
    }

    /// Seconds of audio received.
    package var audioSeconds: Double { input.seconds }

    /// A binary message arrived. An empty one ends the stream; so does a single zero byte with linear16, the
    /// form an old client library uses.
    ///
    /// - Returns: What to do, and the samples it held, per channel.
    package mutating func binaryReceived(_ message: [UInt8], at now: Duration) -> (
        actions: [Action], heard: [[Int16]]
    ) {
        guard phase == .streaming else { return ([], []) }
        lastHeard = now
        if message.isEmpty || (message == [0] && parameters.encoding == .linear16) {
            return (endStream(), [])
        }
        let heard: [[Int16]]
        do {
            heard = try input.receive(message)
        } catch {
            return (end(.undecodable), [])
        }
        var actions: [Action] = []
        for channel in heard.indices { actions += hear(heard[channel], on: channel) }
        actions += depart()
        if parameters.interimResults, input.frames >= nextInterim {
            nextInterim = input.frames + interimFrames
            actions += makeInterims()
        }
        return (actions, heard)
    }

    /// A text message arrived.
    package mutating func textReceived(_ text: String, at now: Duration) -> [Action] {
        guard phase == .streaming else { return [] }
        lastHeard = now
        switch ListenCommand(text: text) {
        case .keepAlive: return []
        case .finalize(let channel):
            let all = Array(timelines.indices)
            return finalize(channel.map { wanted in all.filter { $0 == wanted } } ?? all)
        case .closeStream: return endStream()
        case .configure(let keyterms):
            return [.send(.configureSuccess(composer.configured(keyterms: keyterms ?? [])))]
        case .malformed(let description):
            return [.send(.error(.init(description: description, message: text)))]
        }
    }

    /// The engine has finished job `id`; no words if it failed.
    package mutating func recognised(_ id: Int, words: [RecognisedWord]) -> [Action] {
        guard phase != .closed else { return [] }
        jobsInFlight -= 1
        if let interim = interims.removeValue(forKey: id) {
            // Overtaken by a final in the meantime: of no more use.
            guard timelines[interim.channel].openStart == interim.start, timelines[interim.channel].isSettled
            else { return [] }
            let span = ListenResultComposer.Span(start: interim.start, frames: interim.frames)
            return [.send(composer.interim(span, channel: interim.channel, words: words))]
        }
        for channel in timelines.indices { timelines[channel].recognised(id, words: words) }
        return depart()
    }

    /// Time went by.
    package mutating func timePassed(to now: Duration) -> [Action] {
        guard phase == .streaming else { return [] }
        if now - lastHeard >= settings.idleLimit { return end(.clientSilent) }
        if input.messages == 0, now >= settings.audioLimit { return end(.serverSilent) }
        return []
    }

    // MARK: parts

    private mutating func hear(_ samples: [Int16], on channel: Int) -> [Action] {
        var actions: [Action] = []
        for event in timelines[channel].append(samples) {
            switch event {
            case .speechStarted(let frame):
                guard parameters.vadEvents else { continue }
                actions.append(.send(composer.speechStarted(frame: frame, channel: channel)))
            case .cut(let cut):
                let speechFinal = cut.atPause && parameters.endpointing != .off
                actions += finish(cut, on: channel, speechFinal: speechFinal, fromFinalize: false)
            case .utteranceEnded: timelines[channel].utteranceEnded()
            }
        }
        return actions
    }

    private mutating func finish(
        _ cut: SpeechSegmenter.Cut, on channel: Int, speechFinal: Bool, fromFinalize: Bool
    ) -> [Action] {
        let id = nextJob
        nextJob += 1
        let samples = timelines[channel].finish(
            cut, id: id, speechFinal: speechFinal, fromFinalize: fromFinalize)
        guard let samples else { return [] }
        jobsInFlight += 1
        return [
            .recognise(RecognitionJob(id: id, samples: samples, sampleRate: parameters.sampleRate))
        ]
    }

    private mutating func finalize(_ channels: [Int]) -> [Action] {
        var actions: [Action] = []
        for channel in channels {
            let cut = timelines[channel].cutNow()
            actions += finish(cut, on: channel, speechFinal: false, fromFinalize: true)
        }
        return actions + depart()
    }

    private mutating func makeInterims() -> [Action] {
        var actions: [Action] = []
        for channel in timelines.indices {
            let timeline = timelines[channel]
            guard timeline.isSettled, !timeline.open.isEmpty else { continue }
            let span = ListenResultComposer.Span(start: timeline.openStart, frames: timeline.open.count)
            let interimWords =
                switch settings.style {
                case .everySecond: true
                case .atPauses(_, let wanted): wanted
                }
            guard interimWords, timeline.segmenter.hasSpeech else {
                actions.append(.send(composer.interim(span, channel: channel, words: [])))
                continue
            }
            // An interim never makes a final wait behind more than itself.
            guard jobsInFlight == 0 else { continue }
            interims[nextJob] = (channel, span.start, span.frames)
            jobsInFlight += 1
            actions.append(
                .recognise(
                    RecognitionJob(id: nextJob, samples: timeline.open, sampleRate: parameters.sampleRate)))
            nextJob += 1
        }
        return actions
    }

    private mutating func depart() -> [Action] {
        var actions: [Action] = []
        for channel in timelines.indices {
            for departure in timelines[channel].departures() {
                actions.append(.send(composer.departure(departure, channel: channel)))
            }
        }
        guard phase == .draining, timelines.allSatisfy(\.isSettled) else { return actions }
        phase = .closed
        return actions + [.send(metadata(complete: true)), .close(.normal)]
    }

    private mutating func endStream() -> [Action] {
        phase = .draining
        var actions: [Action] = []
        for channel in timelines.indices {
            let cut = timelines[channel].cutNow()
            guard !timelines[channel].open.isEmpty else { continue }
            actions += finish(cut, on: channel, speechFinal: false, fromFinalize: false)
        }
        return actions + depart()
    }

    /// What was not final is lost, as it is with the real service.
    private mutating func end(_ closure: StreamClosure) -> [Action] {
        phase = .closed
        return [.send(metadata(complete: false)), .close(closure)]
    }

    private func metadata(complete: Bool) -> ListenMessage {
        composer.metadata(
            duration: input.seconds, heardAudio: input.messages > 0,
            sha256: complete ? input.digest.hexadecimal() : "incomplete")
    }

    private static func method(_ parameters: ListenParameters, _ style: HearingStyle)
        -> SpeechSegmenter.Method
    {
        let rate = parameters.sampleRate
        switch style {
        case .everySecond: return .fixed(frames: rate)
        case .atPauses(let enginePause, _):
            let wanted =
                switch parameters.endpointing {
                case .off: enginePause
                case .after(let milliseconds): max(milliseconds, enginePause)
                }
            return .voice(
                endSilenceFrames: rate * wanted / 1000,
                utteranceEndFrames: parameters.utteranceEndMilliseconds.map { rate * max($0, wanted) / 1000 })
        }
    }
}
