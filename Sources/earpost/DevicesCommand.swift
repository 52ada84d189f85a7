import ArgumentParser
import ControlProtocol

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List the sound devices, as the daemon sees them if it runs.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let devices = try devices()
        if json {
            Console.pass(try JSONLine.encode(Response(id: nil, .devices(devices))))
        } else if devices.isEmpty {
            Console.print("There is no sound device.")
        } else {
            for device in devices { Console.print(DeviceText.describe(device, among: devices)) }
        }
    }

    /// From the daemon: it has the rights, and what it has opened itself it need not ask. Without one, by
    /// ourselves.
    private func devices() throws(ToolError) -> [DeviceDescription] {
        do throws(ToolError) {
            let received = try connection.ask(.devices)
            guard case .response(let response) = received.line, case .devices(let devices) = response.body
            else {
                throw ToolError(.software, "The daemon's answer holds no devices.")
            }
            return devices
        } catch {
            guard error.status == .unavailable || error.status == .permission, connection.socket == nil else {
                throw error
            }
            return try LocalDevices.list()
        }
    }
}

/// A device for people, in columns as wide as the widest.
enum DeviceText {
    static func describe(_ device: DeviceDescription, among all: [DeviceDescription]) -> String {
        let width = all.map(\.name.count).max() ?? 0
        let ability = device.ability.map { ability -> String in
            let formats = ability.formats.joined(separator: " ")
            return "\(range(ability.rates)) Hz  \(range(ability.channels)) ch  \(formats)"
        }
        let parts = [
            StatusText.pad(device.name, width), StatusText.pad(device.direction.rawValue, 8), ability,
            device.problem, device.description,
        ]
        return parts.compactMap { $0 }.joined(separator: "  ")
    }

    private static func range(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
    }
}
