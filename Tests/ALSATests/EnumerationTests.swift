import ALSA
import Testing

@Suite struct EnumerationTests {
    @Test func aMachineWithoutCardsHasAnEmptyList() throws {
        let cards = try Enumeration.cards()
        // Whatever this machine has, each card is named by its id and each device by a name that leads to it.
        for card in cards {
            #expect(!card.id.isEmpty)
            for device in card.devices { #expect(device.name.hasPrefix("hw:CARD=\(card.id),DEV=")) }
        }
    }

    @Test func theNamesOfTheConfigurationAreListed() throws {
        for entry in try Enumeration.named() {
            #expect(!entry.name.isEmpty)
            #expect(!entry.directions.isEmpty)
        }
    }

    @Test func anUnknownNameSaysSoAndSaysWhatToDo() {
        let error = #expect(throws: ALSAError.self) { _ = try PCM.open("no-such-device", .capture).state() }
        #expect(error?.code == -2)
        #expect(error?.device == "no-such-device")
        #expect(error?.message?.contains("no-such-device") == true)
        #expect(error?.description.contains("earpost devices") == true)
        #expect(error?.remedy == .retry)
    }
}
