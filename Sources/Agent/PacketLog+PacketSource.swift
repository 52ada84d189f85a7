import Journal
import SpeechLink

// The journal is what the link sends from: joined here, so that neither knows the other.
extension PacketLog: PacketSource {}
