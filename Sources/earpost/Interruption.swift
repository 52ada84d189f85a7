import Glibc
import System

/// Ctrl-C, a polite kill or a closed terminal, as something to look at between two steps, so that what was
/// started can be ended first.
struct Interruption {
    private let signals: SignalSource

    /// From now on the signals wait until somebody looks.
    init() throws(ToolError) {
        do throws(SystemError) {
            signals = try SignalSource()
        } catch {
            throw ToolError(.software, "\(error)")
        }
    }

    /// Throws if there was a signal.
    func check() throws(ToolError) {
        var record = [UInt8](repeating: 0, count: SignalSource.recordBytes)
        if unsafe read(signals.fileDescriptor, &record, record.count) > 0 {
            throw ToolError(.temporary, "interrupted")
        }
    }
}
