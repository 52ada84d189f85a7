import Agent
import System

// Before the first thread: signals are read by the event loop, not delivered to whoever runs.
let status: Int32
do throws(SystemError) {
    let signals = try SignalSource()
    status = Daemon.run(arguments: Array(CommandLine.arguments.dropFirst()), signals: signals)
} catch {
    StandardError.write("earpostd: \(error)")
    status = 71
}
leave(status)
