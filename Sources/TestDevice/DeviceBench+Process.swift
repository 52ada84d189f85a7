import Glibc

extension DeviceBench {
    /// The bench this process uses. One for all its tests: libasound reads one configuration per process. Its
    /// directory goes when the process exits.
    package static let ofProcess: Result<DeviceBench, DeviceError> = Result { () throws(DeviceError) in
        let bench = try DeviceBench()
        bench.use()
        // What lives as long as the process is never deinitialised.
        atexit { if case .success(let bench) = DeviceBench.ofProcess { bench.remove() } }
        return bench
    }
}
