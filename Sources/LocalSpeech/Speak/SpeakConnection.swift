import Logging
import NIOCore
import NIOPosix

/// Carries one speak connection: gives its model what happens, does what the model says.
///
/// Runs on: the service's event loop; synthesis runs on the engine threads, one job of a connection at a
/// time.
final class SpeakConnection: SpeechSession {
    private var model: SpeakSessionModel
    private let parameters: SpeakParameters
    private let requestID: String
    private let core: ServiceCore
    private let logger: Logger
    private let recorder: ConnectionRecorder?
    private var gate: WebSocketGate?
    private var isSending = false
    /// The half of a sample that ended the last message.
    private var half: [UInt8] = []

    /// Milliseconds of audio in a message, unless configured otherwise.
    private static let chunkMilliseconds = 80.0

    init(parameters: SpeakParameters, requestID: String, core: ServiceCore, recorder: ConnectionRecorder?) {
        self.parameters = parameters
        self.requestID = requestID
        self.core = core
        self.recorder = recorder
        var logger = core.logger
        logger[metadataKey: "request_id"] = "\(requestID)"
        self.logger = logger
        model = SpeakSessionModel(parameters: parameters, limits: core.options.speakLimits)
    }

    /// Speak connections receive no audio.
    var audioSeconds: Double { 0 }

    func opened(_ gate: WebSocketGate) {
        self.gate = gate
        let metadata = SpeakMessage.Metadata(requestId: requestID, modelName: parameters.model)
        gate.send(text: SpeakMessage.metadata(metadata).json())
        logger.info("speaking", metadata: ["rate": "\(parameters.sampleRate)"])
    }

    func received(text: String, at now: Duration) { perform(model.textReceived(text, at: now)) }
    func received(binary: [UInt8], at now: Duration) { perform(model.binaryReceived()) }
    func timePassed(to now: Duration) { perform(model.timePassed(to: now)) }

    func closed() {
        gate = nil
        logger.info("speaking ended", metadata: ["samples": "\(model.samplesMade)"])
    }

    private func perform(_ actions: [SpeakSessionModel.Action]) {
        for action in actions {
            switch action {
            case .send(let message):
                // What comes after it begins with a whole sample.
                if case .cleared = message { half = [] }
                gate?.send(text: message.json())
            case .synthesise(let job, let text): synthesise(job, text)
            case .close(let closure):
                logger.info("closing", metadata: ["code": "\(closure.code)", "reason": "\(closure.reason)"])
                gate?.send(close: closure)
            }
        }
        sendAudio()
    }

    private func synthesise(_ job: Int, _ text: String) {
        let (engine, workshop, rate) = (core.options.speaking, core.workshop, parameters.sampleRate)
        let position = model.samplesMade
        core.engineThreads.runIfActive(eventLoop: core.eventLoop) {
            try engine.samples(text, sampleRate: rate, position: position, workshop: workshop)
        }.assumeIsolated().whenComplete { result in
            guard self.gate != nil else { return }
            switch result {
            case .success(let samples): self.perform(self.model.synthesised(job, samples: samples))
            case .failure(let error):
                self.logger.error(
                    "synthesis failed: is the engine installed (flite)?", metadata: ["error": "\(error)"])
                self.perform(self.model.synthesised(job, samples: nil))
            }
        }
    }

    /// Sends chunk after chunk, `speakPace` times as fast as they sound and never more than the socket takes.
    private func sendAudio() {
        guard !isSending, model.hasAudio, gate != nil else { return }
        isSending = true
        sendChunk()
    }

    private func sendChunk() {
        guard let gate, let eventLoop = gate.eventLoop, model.hasAudio else {
            isSending = false
            return
        }
        if gate.isWritable, let (bytes, actions) = model.nextChunk() {
            gate.send(binary: bytes)
            record(bytes)
            perform(actions)
        }
        let wait = Self.chunkMilliseconds * 1_000_000 / core.options.speakPace
        eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(wait))) { self.sendChunk() }
    }

    /// Records whole samples; what is left over goes with the next message.
    private func record(_ bytes: [UInt8]) {
        let all = half + bytes
        let whole = all.count - all.count % 2
        half = Array(all[whole...])
        recorder?.audio([PCM.samples(littleEndian: Array(all[..<whole]))], sampleRate: parameters.sampleRate)
    }
}
