import ALSA
import Audio
import Crossing

/// Keeps one sound device open and its engine stepping until it is stopped: waits for a device that is late,
/// busy or gone, and recovers one that is in trouble, as ``RecoveryPolicy`` says.
package struct DeviceKeeper: ~Copyable {
    private let device: String
    private let direction: PCMDirection
    private let request: PCMRequest
    private let stop: StopSwitch
    private let vitals: DeviceVitals
    private var policy = RecoveryPolicy()

    package init(
        device: String, direction: PCMDirection, request: PCMRequest, stop: StopSwitch, vitals: DeviceVitals
    ) {
        self.device = device
        self.direction = direction
        self.request = request
        self.stop = stop
        self.vitals = vitals
    }

    /// Returns when stopped. Blocks the calling thread in the device and in pauses.
    package mutating func run<Engine: DeviceEngine & ~Copyable>(_ engine: inout Engine) {
        while !stop.isStopped {
            let end = serveOnce(&engine)
            // Before the state, which it explains.
            if case .lost(let trouble) = end { vitals.lastError.set(Int64(trouble.code)) }
            publish(nil, .waiting)
            engine.closed(end)
            switch end {
            case .stopped:
                break
            case .hung:
                vitals.hangs.add()
                pause(&engine)
            case .lost:
                pause(&engine)
            }
        }
        publish(nil, .stopped)
    }

    /// Opens a handle, lets the engine step on it until it is of no more use, and closes it.
    private mutating func serveOnce<Engine: DeviceEngine & ~Copyable>(_ engine: inout Engine) -> DeviceEnd {
        do throws(ALSAError) {
            var pcm = try PCM.open(device, direction)
            let setup = try pcm.configure(request)
            vitals.opens.add()
            policy.opened()
            publish(setup, .running)
            if let trouble = engine.begin(&pcm, setup), let end = recover(&pcm, trouble, &engine) {
                return end
            }
            return serve(&pcm, &engine)
        } catch {
            return .lost(.gone(code: error.code))
        }
    }

    private mutating func serve<Engine: DeviceEngine & ~Copyable>(
        _ pcm: inout PCM, _ engine: inout Engine
    ) -> DeviceEnd {
        while !stop.isStopped {
            if stop.takeReopening() { return .hung }
            switch engine.step(&pcm) {
            case .moved:
                policy.framesMoved()
            case .idle:
                break
            case .nap:
                stop.pause(milliseconds: 1)
            case .hung:
                return .hung
            case .trouble(let trouble):
                if let end = recover(&pcm, trouble, &engine) { return end }
            }
        }
        return .stopped
    }

    /// Nil when the device works again.
    private mutating func recover<Engine: DeviceEngine & ~Copyable>(
        _ pcm: inout PCM, _ first: PCMTrouble, _ engine: inout Engine
    ) -> DeviceEnd? {
        var trouble = first
        vitals.state.set(DeviceState.recovering.rawValue)
        count(trouble)
        guard policy.troubled(trouble) == .recover else { return .lost(trouble) }
        while !stop.isStopped {
            let outcome = pcm.recover(from: trouble)
            switch policy.recovered(outcome) {
            case .start:
                guard let next = engine.restart(&pcm, after: trouble) else { return resumed() }
                guard policy.troubled(next) == .recover else { return .lost(next) }
                trouble = next
            case .proceed:
                engine.proceed(&pcm, after: trouble)
                return resumed()
            case .recoverAgain(let milliseconds):
                stop.pause(milliseconds: milliseconds)
            case .reopen:
                if case .failed(let code) = outcome { return .lost(.gone(code: code)) }
                return .lost(trouble)
            }
        }
        return .stopped
    }

    private func resumed() -> DeviceEnd? {
        vitals.state.set(DeviceState.running.rawValue)
        return nil
    }

    private func count(_ trouble: PCMTrouble) {
        switch trouble {
        case .xrun: vitals.xruns.add()
        case .suspended: vitals.suspends.add()
        case .gone: break
        }
    }

    private func publish(_ setup: PCMSetup?, _ state: DeviceState) {
        vitals.format.set(setup?.format.packed ?? 0)
        vitals.periodFrames.set(Int64(setup?.periodFrames ?? 0))
        vitals.bufferFrames.set(Int64(setup?.bufferFrames ?? 0))
        vitals.state.set(state.rawValue)
    }

    private mutating func pause<Engine: DeviceEngine & ~Copyable>(_ engine: inout Engine) {
        engine.absent()
        stop.pause(milliseconds: policy.openPause())
    }
}
