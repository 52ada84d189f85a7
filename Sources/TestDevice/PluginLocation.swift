import CTestDevice
import Glibc

/// Finds the ALSA plug-in of the test device, which SwiftPM builds beside the programs.
enum PluginLocation {
    static let fileName = "libasound_module_pcm_earpost.so"

    /// The plug-in's absolute path: `EARPOST_TEST_DEVICE_LIB`; else beside this program, or in
    /// `../lib/earpost` of it; else beside the library this code is in (a test bundle that is loaded).
    static func find() throws(DeviceError) -> String {
        if let named = unsafe getenv("EARPOST_TEST_DEVICE_LIB") {
            let path = unsafe String(cString: named)
            guard unsafe access(path, R_OK) == 0 else { throw .pluginNotFound(looked: [path]) }
            return path
        }
        var candidates: [String] = []
        if let program = programPath() {
            candidates.append("\(parent(of: program))/\(fileName)")
            candidates.append("\(parent(of: parent(of: program)))/lib/earpost/\(fileName)")
        }
        if let image = unsafe earpost_device_image_path() {
            let path = unsafe String(cString: image)
            if path.hasPrefix("/") { candidates.append("\(parent(of: path))/\(fileName)") }
        }
        for candidate in candidates where unsafe access(candidate, R_OK) == 0 {
            return candidate
        }
        throw .pluginNotFound(looked: candidates)
    }

    private static func programPath() -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        guard length > 0 else { return nil }
        return String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
