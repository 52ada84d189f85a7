import ALSA
import ControlProtocol
import DeviceReport

/// The sound devices as this process sees them.
enum LocalDevices {
    /// Lists them where no daemon could be asked.
    static func list() throws(ToolError) -> [DeviceDescription] {
        do throws(ALSAError) {
            return try DeviceSurvey.make()
        } catch {
            throw ToolError(.unavailable, error.event, remedy: error.advice)
        }
    }
}
