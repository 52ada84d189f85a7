import Glibc

/// A set of test devices, with an ALSA configuration that knows them and nothing of the host's.
///
/// The configuration is a file of its own, for `ALSA_CONFIG_PATH` alone: of this process (`use()`) or of one
/// to be started (`environment`). Devices may be added while it is in use; ALSA reads it again at the next
/// open. It also defines `plug:NAME`, `hw:CARD` and `plughw:CARD` as ALSA's own configuration does.
///
/// Its state is in its files, so any thread and any process may add to it. Its directory goes with it, if
/// it made the directory itself.
package final class DeviceBench: Sendable {
    /// Where the configuration, the control files and the air are.
    package let directory: String
    /// The value for `ALSA_CONFIG_PATH`.
    package let configurationPath: String

    private let plugin: String
    private let removesDirectory: Bool

    /// Makes a bench in `directory`, which must exist and may hold a bench already, whose devices stay.
    /// nil: in a new one below /dev/shm or TMPDIR.
    package init(directory: String? = nil) throws(DeviceError) {
        plugin = try PluginLocation.find()
        if let directory {
            self.directory = directory
            removesDirectory = false
        } else {
            self.directory = try makeTemporaryDirectory()
            removesDirectory = true
        }
        configurationPath = self.directory + "/asound.conf"
        let lock = try FileLock(path: self.directory + "/lock")
        defer { lock.release() }
        try writeConfiguration()
    }

    deinit { remove() }

    /// Takes the directory away, if the bench made it. Nothing can be done with the bench afterwards.
    func remove() {
        if removesDirectory { removeDirectory(directory) }
    }

    /// Adds a device, new and plugged in, and returns the hand on it. Its PCM is `description.name`.
    @discardableResult
    package func add(_ description: DeviceDescription) throws(DeviceError) -> DeviceControl {
        let name = description.name
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else { throw .badName(name) }
        let lock = try FileLock(path: directory + "/lock")
        defer { lock.release() }
        let definition = description.definition(in: directory)
        do {
            try writeFile("\(directory)/\(name).pcm", definition, isNew: true)
        } catch DeviceError.file(_, EEXIST) {
            throw .nameTaken(name)
        }
        let control = try DeviceControl(path: "\(directory)/\(description.sharesControlOf ?? name).ctl")
        if description.sharesControlOf == nil {
            control.reset(manualClock: description.clock == .manual)
        }
        try writeConfiguration()
        return control
    }

    /// Makes this process's libasound read this configuration. To be called before anything else uses ALSA or
    /// reads the environment on another thread.
    package func use() {
        unsafe setenv("ALSA_CONFIG_PATH", configurationPath, 1)
    }

    /// What another process needs in its environment to see the devices.
    package var environment: [(name: String, value: String)] {
        [("ALSA_CONFIG_PATH", configurationPath)]
    }

    /// Puts the definitions of all devices into one file. To be called with the bench's lock held, so that no
    /// half-written definition is read.
    ///
    /// libasound takes it for new by its inode and its time in seconds: hence a time that goes up with every
    /// device, whatever the clock says.
    private func writeConfiguration() throws(DeviceError) {
        var text = standardDefinitions(plugin: plugin)
        let names = fileNames(in: directory).filter { $0.hasSuffix(".pcm") }.sorted()
        for name in names {
            text += try readFile("\(directory)/\(name)") + "\n"
        }
        let temporary = configurationPath + ".new"
        try writeFile(temporary, text, modifiedAt: names.count)
        guard unsafe rename(temporary, configurationPath) == 0 else {
            throw .file(path: configurationPath, errno: errno)
        }
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
}

private func standardDefinitions(plugin: String) -> String {
    """
    # Self-contained: for ALSA_CONFIG_PATH alone.
    pcm_type.earpost { lib \(quoted(plugin)) }

    pcm.plug {
        @args [ SLAVE ]
        @args.SLAVE { type string }
        type plug
        slave.pcm $SLAVE
    }
    pcm.hw {
        @args [ CARD DEV SUBDEV ]
        @args.CARD { type string }
        @args.DEV { type integer default 0 }
        @args.SUBDEV { type integer default -1 }
        type hw card $CARD device $DEV subdevice $SUBDEV
    }
    pcm.plughw {
        @args [ CARD DEV SUBDEV ]
        @args.CARD { type string }
        @args.DEV { type integer default 0 }
        @args.SUBDEV { type integer default -1 }
        type plug
        slave.pcm { type hw card $CARD device $DEV subdevice $SUBDEV }
    }
    ctl.hw {
        @args [ CARD ]
        @args.CARD { type string }
        type hw card $CARD
    }


    """
}
