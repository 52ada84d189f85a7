/// A PCM device as ALSA names it.
package struct DeviceDescription: Sendable, Hashable, Codable {
    /// Which way the sound goes.
    package enum Direction: String, Sendable, Hashable, Codable {
        case capture, playback
    }

    /// What a device can do in one direction; missing where it could not be asked, because it is in use for
    /// instance.
    package struct Ability: Sendable, Hashable, Codable {
        /// Frames per second, lowest and highest.
        package var rates: ClosedRange<Int>
        /// Lowest and highest.
        package var channels: ClosedRange<Int>
        /// Such as `s16`, `s24`, `s32`, `float32`.
        package var formats: [String]

        private enum CodingKeys: String, CodingKey {
            case rateMin = "rate_min"
            case rateMax = "rate_max"
            case channelsMin = "channels_min"
            case channelsMax = "channels_max"
            case formats
        }

        package init(rates: ClosedRange<Int>, channels: ClosedRange<Int>, formats: [String]) {
            self.rates = rates
            self.channels = channels
            self.formats = formats
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            func range(_ low: CodingKeys, _ high: CodingKeys) throws -> ClosedRange<Int> {
                let bound = try container.decode(Int.self, forKey: low)
                return bound...max(bound, try container.decode(Int.self, forKey: high))
            }
            rates = try range(.rateMin, .rateMax)
            channels = try range(.channelsMin, .channelsMax)
            formats = try container.decode([String].self, forKey: .formats)
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rates.lowerBound, forKey: .rateMin)
            try container.encode(rates.upperBound, forKey: .rateMax)
            try container.encode(channels.lowerBound, forKey: .channelsMin)
            try container.encode(channels.upperBound, forKey: .channelsMax)
            try container.encode(formats, forKey: .formats)
        }
    }

    /// What to write in the configuration: `hw:CARD=Device,DEV=0`.
    package var name: String
    package var direction: Direction
    /// What the driver or the ALSA configuration calls it.
    package var description: String
    /// Missing where it could not be asked.
    package var ability: Ability?
    /// Why it could not be asked.
    package var problem: String?

    package init(
        name: String, direction: Direction, description: String, ability: Ability? = nil,
        problem: String? = nil
    ) {
        self.name = name
        self.direction = direction
        self.description = description
        self.ability = ability
        self.problem = problem
    }
}
