import Logging
import NIOCore
import NIOPosix

/// Carries one listen connection: gives its model what happens, does what the model says.
///
/// Runs on: the service's event loop; recognition runs on the engine threads, one job of a connection at a
/// time.
final class ListenConnection: SpeechSession {
    private var model: ListenSessionModel
    private let parameters: ListenParameters
    private let core: ServiceCore
    private let logger: Logger
    private let recorder: ConnectionRecorder?
    private var gate: WebSocketGate?
    private var jobs: [RecognitionJob] = []
    private var isRecognising = false

    /// - Throws: if the audio format cannot be decoded.
    init(
        parameters: ListenParameters, requestID: String, created: String, core: ServiceCore,
        recorder: ConnectionRecorder?
    ) throws {
        self.parameters = parameters
        self.core = core
        self.recorder = recorder
        var logger = core.logger
        logger[metadataKey: "request_id"] = "\(requestID)"
        self.logger = logger
        let options = core.options
        model = try ListenSessionModel(
            parameters: parameters,
            settings: .init(
                style: options.hearing.style(interimWords: options.interimWords),
                idleLimit: options.idleLimit,
                audioLimit: options.audioLimit),
            requestID: requestID, created: created)
    }

    var audioSeconds: Double { model.audioSeconds }

    func opened(_ gate: WebSocketGate) {
        self.gate = gate
        logger.info(
            "listening",
            metadata: [
                "encoding": "\(parameters.encoding)", "rate": "\(parameters.sampleRate)",
                "channels": "\(parameters.channels)",
            ])
    }

    func received(text: String, at now: Duration) { perform(model.textReceived(text, at: now)) }

    func received(binary: [UInt8], at now: Duration) {
        let (actions, heard) = model.binaryReceived(binary, at: now)
        recorder?.audio(heard, sampleRate: parameters.sampleRate)
        perform(actions)
    }

    func timePassed(to now: Duration) { perform(model.timePassed(to: now)) }

    func closed() {
        gate = nil
        jobs = []
        logger.info("listening ended", metadata: ["audio_seconds": "\(model.audioSeconds)"])
    }

    private func perform(_ actions: [ListenSessionModel.Action]) {
        for action in actions {
            switch action {
            case .send(let message): gate?.send(text: message.json())
            case .recognise(let job): jobs.append(job)
            case .close(let closure):
                logger.info("closing", metadata: ["code": "\(closure.code)", "reason": "\(closure.reason)"])
                gate?.send(close: closure)
            }
        }
        recogniseNext()
    }

    private func recogniseNext() {
        guard !isRecognising, !jobs.isEmpty, gate != nil else { return }
        isRecognising = true
        let job = jobs.removeFirst()
        let (engine, workshop) = (core.options.hearing, core.workshop)
        core.engineThreads.runIfActive(eventLoop: core.eventLoop) {
            try engine.words(job, workshop: workshop)
        }.assumeIsolated().whenComplete { result in
            self.isRecognising = false
            switch result {
            case .success(let words): self.perform(self.model.recognised(job.id, words: words))
            case .failure(let error):
                self.logger.error(
                    "recognition failed: is the engine installed with its model (pocketsphinx-en-us)?",
                    metadata: ["error": "\(error)"])
                self.perform(self.model.recognised(job.id, words: []))
            }
        }
    }
}
