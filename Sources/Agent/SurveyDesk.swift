import ALSA
import ControlProtocol
import DeviceReport
import NIOCore
import System

/// Looks at the sound devices for whoever asks, on a thread of its own: a card may take long to answer.
///
/// One look at a time, which answers all who ask meanwhile: everybody on the machine may ask. Belongs to the
/// event loop.
final class SurveyDesk {
    private let loop: any EventLoop
    private var waiting: [(Response.Body) -> Void] = []

    init(loop: any EventLoop) { self.loop = loop }

    /// Calls `reply` with the devices, or why they cannot be listed.
    func list(_ reply: @escaping (Response.Body) -> Void) {
        waiting.append(reply)
        guard waiting.count == 1 else { return }
        let here = NIOLoopBound(self, eventLoop: loop)
        let look: @Sendable () -> Void = {
            let body: Response.Body
            do throws(ALSAError) {
                body = .devices(try DeviceSurvey.make())
            } catch {
                body = .failed(ControlError(code: .failed, message: error.event, remedy: error.advice))
            }
            here.eventLoop.execute { here.value.answer(body) }
        }
        do throws(SystemError) {
            // Ends by itself; nobody waits for it.
            _ = try WorkerThread(name: "devices", body: look)
        } catch {
            answer(.failed(ControlError(code: .failed, message: error.description, remedy: "Try again.")))
        }
    }

    private func answer(_ body: Response.Body) {
        let replies = waiting
        waiting = []
        for reply in replies { reply(body) }
    }
}
