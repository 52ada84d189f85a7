/// What a test device is: one PCM of the ALSA configuration. docs/TEST-DEVICE.md explains each key.
package struct DeviceDescription: Sendable {
    /// Who makes the device's time pass.
    package enum Clock: String, Sendable {
        /// CLOCK_MONOTONIC.
        case real
        /// `DeviceControl.advance`, and nothing else.
        case manual
        /// Nothing: there is always a period to read and room to write.
        case free
    }

    /// What the device hears.
    package enum Source: Sendable {
        case silence
        /// See `Ramp`.
        case ramp
        /// A WAV file (16, 24, 32 bits, float), or raw mono S16_LE. Once, then silence; or again and again.
        /// The device offers the WAV file's rate only. A mono file is heard by every channel.
        case file(String, repeats: Bool = false)
    }

    /// The way from a speaker to a microphone. Devices with the same `name` share it.
    package struct Air: Sendable {
        package var name: String
        package var delayMicroseconds: Int
        package var gain: Double

        package init(name: String, delayMicroseconds: Int = 0, gain: Double = 1) {
            self.name = name
            self.delayMicroseconds = delayMicroseconds
            self.gain = gain
        }
    }

    /// The PCM's name, and its control file's.
    package var name: String
    /// Shown in lists of devices; nil: not listed.
    package var title: String?
    package var clock = Clock.real
    package var source = Source.silence
    /// The source waits for the client, instead of going on while nobody reads.
    package var sourceWaits = false
    /// Where what is played is kept: WAV if it ends in `.wav`, else raw in the stream's format.
    package var outfile: String?
    package var air: Air?
    /// Name of another device of the bench whose clock, plug and faults this one shares.
    package var sharesControlOf: String?
    package var formats = SampleFormat.allCases
    /// Rates in hertz; empty: the common ones from 8 000 to 192 000.
    package var rates: [Int] = []
    /// Channel counts, 1 to 8.
    package var channels = Array(1...8)
    package var periodFrames = 16...16_384
    package var bufferFrames = 32...131_072
    /// A second open of the same direction fails with EBUSY.
    package var isExclusive = true
    /// Faults at exact frames: "xrun@4000,unplug@16000:500".
    package var script: String?

    package init(_ name: String) {
        self.name = name
    }

    /// A copy of this description with some things changed.
    package func with(_ change: (inout DeviceDescription) -> Void) -> DeviceDescription {
        var copy = self
        change(&copy)
        return copy
    }
}

extension DeviceDescription {
    /// The PCM's definition, with its files in `directory`.
    func definition(in directory: String) -> String {
        var lines = [
            "type earpost",
            "ctl \(quoted("\(directory)/\(sharesControlOf ?? name).ctl"))",
            "clock \(clock.rawValue)",
        ]
        switch source {
        case .silence: break
        case .ramp: lines.append("source ramp")
        case .file(let path, let repeats):
            lines.append("infile \(quoted(path))")
            lines.append("loopin \(repeats ? 1 : 0)")
        }
        if sourceWaits { lines.append("inmode stream") }
        if let outfile { lines.append("outfile \(quoted(outfile))") }
        if let air {
            lines.append("loop \(quoted("\(directory)/\(air.name).air"))")
            lines.append("loop_delay_us \(air.delayMicroseconds)")
            lines.append("loop_gain \(air.gain)")
        }
        lines.append("formats [ \(formats.map(\.rawValue).joined(separator: " ")) ]")
        if !rates.isEmpty { lines.append("rates [ \(spaced(rates)) ]") }
        lines.append("channels [ \(spaced(channels)) ]")
        lines.append("period_min \(periodFrames.lowerBound) period_max \(periodFrames.upperBound)")
        lines.append("buffer_min \(bufferFrames.lowerBound) buffer_max \(bufferFrames.upperBound)")
        lines.append("exclusive \(isExclusive ? 1 : 0)")
        if let script { lines.append("script \(quoted(script))") }
        if let title { lines.append("hint { show on description \(quoted(title)) }") }
        return "pcm.\(name) {\n" + lines.map { "    \($0)\n" }.joined() + "}\n"
    }
}

/// `text` as a string of ALSA's configuration language.
func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
        if character == "\"" || character == "\\" { result.append("\\") }
        result.append(character)
    }
    return result + "\""
}

private func spaced(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: " ")
}
