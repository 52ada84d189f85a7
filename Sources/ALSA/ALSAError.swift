import CALSA
import Glibc

/// What libasound refused, off the real-time path; there, outcomes say it (``WaitOutcome``,
/// ``TransferOutcome``).
package struct ALSAError: Error, Equatable, Sendable {
    /// What whoever holds the device should do next.
    package enum Remedy: Sendable {
        /// The device may come, or be free, later: try again after a while.
        case retry
        /// Trying again changes nothing until somebody changes the configuration, the rights or the system.
        case giveUp
    }

    /// The function of libasound that failed.
    package let operation: StaticString
    /// A negative errno, as libasound returns it.
    package let code: Int32
    /// The name the device was to be opened by.
    package let device: String?
    /// What libasound itself says about the cause; often more precise than the code.
    package let message: String?

    package init(operation: StaticString, code: Int32, device: String? = nil, message: String? = nil) {
        self.operation = operation
        self.code = code
        self.device = device
        self.message = message
    }

    package static func == (left: ALSAError, right: ALSAError) -> Bool {
        left.code == right.code && left.device == right.device
            && left.operation.description == right.operation.description
    }

    package var remedy: Remedy {
        switch -code {
        case EBUSY, ENODEV, ENXIO, ECONNREFUSED, EIO, EAGAIN, EBADFD, EPIPE, ESTRPIPE, EINTR, ENOENT: .retry
        default: .giveUp
        }
    }

    /// One sentence for the operator: what to do about it.
    package var advice: String {
        switch -code {
        case EBUSY:
            "Another program holds the device; `fuser -v /dev/snd/*` names it."
        case ENOENT:
            "No sound device has this name; `earpost devices` lists the names this machine knows."
        case ENODEV:
            "The card is not plugged in, or has another name now; `earpost devices` lists what is there."
        case ENXIO:
            "The device or its ALSA plug-in is missing; `earpost devices` lists what is there."
        case EACCES, EPERM:
            "This user may not use the sound card; add it to the group `audio`."
        case ECONNREFUSED:
            "The sound server behind this name is not running; a `hw:` name does without one."
        case EINVAL:
            "The device does not offer this format; `earpost devices` lists what it offers."
        default:
            "Unplug and replug the device, or look at the kernel log for its driver."
        }
    }
}

extension ALSAError: CustomStringConvertible {
    /// What happened, and the advice.
    package var description: String { "\(event). \(advice)" }

    /// What happened, without the advice.
    package var event: String {
        let subject = device.map { " (\($0))" } ?? ""
        let cause = message.map { ": \($0)" } ?? ""
        return "\(operation)\(subject): \(Self.text(of: code))\(cause)"
    }

    /// libasound's words for a negative errno.
    package static func text(of code: Int32) -> String {
        unsafe String(cString: snd_strerror(code))
    }
}

/// Runs one call of libasound and throws its negative answer, with libasound's own message if there is one.
func check(
    _ operation: StaticString, device: String? = nil, _ call: () -> Int32
) throws(ALSAError) {
    calsa_keep_messages()
    calsa_forget_message()
    let code = call()
    guard code < 0 else { return }
    let message = unsafe String(cString: calsa_last_message())
    throw ALSAError(
        operation: operation, code: code, device: device, message: message.isEmpty ? nil : message)
}
