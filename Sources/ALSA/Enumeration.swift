import CALSA
import Glibc

/// Looks for sound devices. Off the real-time path; opens each device for a moment to see what it offers.
package enum Enumeration {
    /// Forgets ALSA's configuration, which is read again at the next opening: a card may bear another name by
    /// now. Any thread; what is open stays open.
    package static func forget() { snd_config_update_free_global() }

    /// The cards of this machine, none included, in the kernel's order.
    ///
    /// A card that vanishes while it is looked at is left out. Throws when ALSA cannot look at all.
    package static func cards() throws(ALSAError) -> [SoundCard] {
        var found: [SoundCard] = []
        var index: Int32 = -1
        while true {
            try check("snd_card_next") { unsafe snd_card_next(&index) }
            guard index >= 0 else { return found }
            do {
                found.append(try card(index))
            } catch {
                // Unplugged between the two calls, or not ours to open: the next card may be.
                continue
            }
        }
    }

    /// The names ALSA's configuration offers, as `arecord -L` and `aplay -L` list them.
    package static func named() throws(ALSAError) -> [NamedPCM] {
        var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        try check("snd_device_name_hint") { unsafe snd_device_name_hint(-1, "pcm", &hints) }
        guard let hints = unsafe hints else { return [] }
        defer { unsafe snd_device_name_free_hint(hints) }
        var found: [NamedPCM] = []
        var next = unsafe hints
        while let hint = unsafe next.pointee {
            if let name = unsafe text("NAME", of: hint) {
                let directions: [PCMDirection] =
                    switch unsafe text("IOID", of: hint) {
                    case "Input": [.capture]
                    case "Output": [.playback]
                    default: PCMDirection.allCases
                    }
                let description = unsafe text("DESC", of: hint) ?? ""
                found.append(NamedPCM(name: name, description: description, directions: directions))
            }
            unsafe next += 1
        }
        return found
    }

    private static func text(_ field: String, of hint: UnsafeMutableRawPointer) -> String? {
        guard let value = unsafe snd_device_name_get_hint(hint, field) else { return nil }
        defer { unsafe free(value) }
        return unsafe String(cString: value)
    }

    private static func card(_ index: Int32) throws(ALSAError) -> SoundCard {
        let control = try CardControl(index: index)
        let identity = try control.identity()
        var devices: [PCMDescription] = []
        var device: Int32 = -1
        while true {
            try check("snd_ctl_pcm_next_device") { unsafe snd_ctl_pcm_next_device(control.raw, &device) }
            guard device >= 0 else { break }
            for direction in PCMDirection.allCases {
                guard let title = control.title(device: device, direction) else { continue }
                let name = "hw:CARD=\(identity.id),DEV=\(device)"
                devices.append(
                    PCMDescription(
                        name: name, direction: direction, title: title, access: access(name, direction)))
            }
        }
        return SoundCard(
            index: Int(index), id: identity.id, driver: identity.driver, name: identity.name, devices: devices
        )
    }

    private static func access(_ name: String, _ direction: PCMDirection) -> PCMDescription.Access {
        do {
            return .offers(try PCM.open(name, direction).capabilities())
        } catch {
            return .refused(code: error.code)
        }
    }
}

/// The control device of one card, open.
@safe
private struct CardControl: ~Copyable {
    let raw: OpaquePointer

    init(index: Int32) throws(ALSAError) { unsafe raw = try Self.open(index) }

    deinit { unsafe snd_ctl_close(raw) }

    private static func open(_ index: Int32) throws(ALSAError) -> OpaquePointer {
        var opened: OpaquePointer?
        let name = "hw:\(index)"
        try check("snd_ctl_open", device: name) { unsafe snd_ctl_open(&opened, name, 0) }
        guard let raw = unsafe opened else {
            throw ALSAError(operation: "snd_ctl_open", code: -ENODEV, device: name)
        }
        return unsafe raw
    }

    func identity() throws(ALSAError) -> (id: String, driver: String, name: String) {
        var allocated: OpaquePointer?
        try check("snd_ctl_card_info_malloc") { unsafe snd_ctl_card_info_malloc(&allocated) }
        guard let info = unsafe allocated else {
            throw ALSAError(operation: "snd_ctl_card_info_malloc", code: -ENOMEM)
        }
        defer { unsafe snd_ctl_card_info_free(info) }
        try check("snd_ctl_card_info") { unsafe snd_ctl_card_info(raw, info) }
        return unsafe (
            String(cString: snd_ctl_card_info_get_id(info)),
            String(cString: snd_ctl_card_info_get_driver(info)),
            String(cString: snd_ctl_card_info_get_name(info))
        )
    }

    /// The driver's name for `device`; nil when it has no such direction.
    func title(device: Int32, _ direction: PCMDirection) -> String? {
        var allocated: OpaquePointer?
        guard unsafe snd_pcm_info_malloc(&allocated) == 0, let info = unsafe allocated else { return nil }
        defer { unsafe snd_pcm_info_free(info) }
        unsafe snd_pcm_info_set_device(info, UInt32(device))
        unsafe snd_pcm_info_set_subdevice(info, 0)
        unsafe snd_pcm_info_set_stream(
            info, direction == .capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK)
        guard unsafe snd_ctl_pcm_info(raw, info) == 0 else { return nil }
        return unsafe String(cString: snd_pcm_info_get_name(info))
    }
}
