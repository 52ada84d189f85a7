extension DeviceBench {
    /// The bench this process uses. One for all its tests: libasound reads one configuration per process.
    package static let ofProcess: Result<DeviceBench, DeviceError> = Result { () throws(DeviceError) in
        let bench = try DeviceBench()
        bench.use()
        return bench
    }
}
