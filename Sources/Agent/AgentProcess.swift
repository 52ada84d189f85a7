import Configuration
import Control
import Glibc
import Logging
import NIOCore
import NIOPosix
import System

/// Runs the agent on the calling thread, which becomes its event loop, until it ends.
package enum AgentProcess {
    private final class Outcome { var status = EX_OK }

    /// Returns what the process is to end with, of sysexits.h.
    package static func run(
        _ loaded: LoadedConfiguration, environment: [(String, String)], logger: Logger, signals: SignalSource
    ) -> Int32 {
        let outcome = Outcome()
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
            let end = { (error: (any Error)?) in
                if let error { outcome.status = report(error, logger) }
                loop.shutdownGracefully { _ in }
            }
            // Before anything is opened or written: beside another daemon this one leaves no trace.
            let path = loaded.value.control.path.text
            ControlServer.assertUnanswered(path, on: loop).assumeIsolated().whenComplete { result in
                do {
                    try result.get()
                    let agent = try AgentRuntime(
                        loaded, environment: environment, loop: loop, logger: logger)
                    agent.run(signals: signals, ended: end)
                } catch {
                    end(error)
                }
            }
        }
        return outcome.status
    }

    /// Says why it cannot work, and with what status to end.
    private static func report(_ error: any Error, _ logger: Logger) -> Int32 {
        logger.critical("cannot start", metadata: ["why": "\(error)"])
        switch error {
        case let error as AgentError: return error.exitStatus
        case ControlServerError.alreadyServed: return EX_UNAVAILABLE
        case is ControlServerError: return EX_CANTCREAT
        case is SystemError: return EX_OSERR
        default: return EX_SOFTWARE
        }
    }
}
