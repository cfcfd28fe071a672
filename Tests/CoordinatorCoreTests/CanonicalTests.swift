import CoordinatorCore
import Testing

@Suite struct CanonicalTests {
  /// RFC 5952, sections 4 and 5.
  @Test(arguments: [
    ("2001:DB8::1", "2001:db8::1"),
    ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("::", "::"), ("0:0:0:0:0:0:0:0", "::"), ("::1", "::1"), ("1::", "1::"),
    ("::ffff:192.0.2.1", "::ffff:c000:201"),
    // One group may stand for `::`, as long as there is one.
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ("192.0.2.1", "192.0.2.1"),
  ]) func addressesHaveOneForm(text: String, form: String) {
    #expect(Canonical.address(text) == form)
  }

  @Test(arguments: [
    "", "app", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", ":", ":::", "1::2::3", "12345::",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "g::1", "1.2.3.4::", "+1::",
    "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "::01.2.3.4",
    "1:2:3:4:5:6:7:8::1::2",
    "v=spf1 ip6:2001:DB8::/32",
  ]) func otherTextStaysAsItIs(text: String) {
    #expect(Canonical.address(text) == text)
  }

  @Test func namesHaveOneForm() {
    #expect(Canonical.name("App.Example.ORG.") == "app.example.org")
    #expect(Canonical.name("") == "")
  }

  @Test func markersAreReadAsTheyAreWritten() {
    let marker = Marker(cluster: "c1", incarnation: "0f", epoch: 12, active: "eu-central")
    let text = "signalbox cluster=c1 incarnation=0f epoch=12 active=eu-central"
    #expect(marker.description == text)
    #expect(Marker(text) == marker)
    #expect(Marker("\"\(text)\"") == marker)
    #expect(Marker("\(text) note=later") == marker)
    for foreign in [
      "", "\"", "signalbox", "Signalbox \(text)", text.replacing("epoch=12", with: "epoch=-1"),
      text.replacing(" active=eu-central", with: ""), text + " epoch=13", text + " odd",
      text.replacing("c1", with: ""),
    ] {
      #expect(Marker(foreign) == nil, "\(foreign)")
    }
  }
}
