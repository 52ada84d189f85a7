/// Why a test device could not be set up.
package enum DeviceError: Error, Equatable {
    /// A system call on `path` failed with `errno`. Remedy: rights, space, or a directory that exists.
    case file(path: String, errno: Int32)

    /// The ALSA plug-in was in none of these places. Remedy: build it (`swift build`), or name it in
    /// `EARPOST_TEST_DEVICE_LIB`.
    case pluginNotFound(looked: [String])

    /// Two devices of one bench have this name. Remedy: another name.
    case nameTaken(String)

    /// A device's name must be letters, digits, `_` and `-`: it is an ALSA name and a file name.
    case badName(String)
}
