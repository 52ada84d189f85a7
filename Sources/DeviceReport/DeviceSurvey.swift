import ALSA
import Audio
import ControlProtocol

/// What sound devices this machine has, in the words of the control protocol.
///
/// Opens each for a moment. Any thread that may wait; never an audio thread.
package enum DeviceSurvey {
    /// Real devices first, then the names of ALSA's configuration.
    package static func make() throws(ALSAError) -> [DeviceDescription] {
        let cards = try Enumeration.cards()
        let real = cards.flatMap { card in card.devices.map { describe($0, of: card) } }
        let named = try Enumeration.named().flatMap { pcm in
            pcm.directions.map { direction in
                DeviceDescription(
                    name: pcm.name, direction: direction.word,
                    description: pcm.description.split(separator: "\n").joined(separator: ", "))
            }
        }
        return real + named
    }

    private static func describe(_ device: PCMDescription, of card: SoundCard) -> DeviceDescription {
        var description = DeviceDescription(
            name: device.name, direction: device.direction.word, description: "\(card.name): \(device.title)")
        switch device.access {
        case .offers(let found):
            description.ability = DeviceDescription.Ability(
                rates: found.rates, channels: found.channels, formats: found.formats.map(\.name))
        case .refused(let code):
            description.problem = ALSAError(operation: "snd_pcm_open", code: code).description
        }
        return description
    }
}

extension PCMDirection {
    fileprivate var word: DeviceDescription.Direction {
        switch self {
        case .capture: .capture
        case .playback: .playback
        }
    }
}
