# frozen_string_literal: true

require "aws-sigv4"

# A file in a bucket of the region in which it was uploaded. The table knows which: buckets are not
# replicated by DynamoDB.
class Upload
  class << self
    # Where the client may put the file, for five minutes.
    def place(name)
      Table.put({ "id" => "upload##{name}", "region" => Signalbox.region })
      url("PUT", name, Signalbox.region)
    end

    # Where it is to be had, or nil.
    def find(name)
      item = Table.get("upload##{name}")
      item && url("GET", name, item["region"])
    end

    private

    def url(method, name, region)
      place = Rails.application.config_for(:regions).fetch(region.to_sym)
      signer = Aws::Sigv4::Signer.new(
        service: "s3", region: place[:signed_for], uri_escape_path: false,
        access_key_id: ENV.fetch("OBJECT_STORAGE_KEY"),
        secret_access_key: ENV.fetch("OBJECT_STORAGE_SECRET")
      )
      signer.presign_url(
        http_method: method, expires_in: 300, body_digest: "UNSIGNED-PAYLOAD",
        url: "#{place[:endpoint]}/#{place[:bucket]}/#{ERB::Util.url_encode(name)}"
      ).to_s
    end
  end
end
