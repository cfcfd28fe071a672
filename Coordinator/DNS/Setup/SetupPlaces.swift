/// Which AWS region is likely to hold the replica that the hosts of a Linode region use.
///
/// Geography, no more (facts/linode 5, from the recorded list of regions of May 2026): a person has
/// to say whether it is so.
public enum SetupPlaces {
  /// The nearest AWS region; nil for regions that are not known here.
  public static func awsRegion(near linode: String) -> String? { nearest[linode] }

  private static let nearest: [String: String] = [
    "us-east": "us-east-1", "us-iad": "us-east-1", "us-iad-2": "us-east-1", "us-ord": "us-east-2",
    "us-southeast": "us-east-1", "us-mia": "us-east-1", "us-central": "us-east-2",
    "us-west": "us-west-1", "us-lax": "us-west-1", "us-sea": "us-west-2", "us-rno-1": "us-west-1",
    "ca-central": "ca-central-1", "br-gru": "sa-east-1", "eu-central": "eu-central-1",
    "de-fra-2": "eu-central-1", "eu-west": "eu-west-2", "gb-lon": "eu-west-2",
    "fr-par": "eu-west-3", "fr-par-2": "eu-west-3", "nl-ams": "eu-central-1",
    "it-mil": "eu-south-1", "es-mad": "eu-south-2", "se-sto": "eu-north-1",
    "no-osl-1": "eu-north-1", "ap-south": "ap-southeast-1", "sg-sin-2": "ap-southeast-1",
    "ap-northeast": "ap-northeast-1", "jp-tyo-3": "ap-northeast-1", "jp-osa": "ap-northeast-3",
    "ap-west": "ap-south-1", "in-bom-2": "ap-south-1", "in-maa": "ap-south-1",
    "id-cgk": "ap-southeast-3", "ap-southeast": "ap-southeast-2", "au-mel": "ap-southeast-4",
  ]
}
