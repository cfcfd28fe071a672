variable "app" {
  description = "The name of the app: part of labels, and what the firewall and tags are called."
  type        = string
  default     = "app"
}

variable "zone" {
  description = "The DNS zone, in Linode's DNS Manager."
  type        = string
  default     = "example.com"
}

variable "record" {
  description = "The app's name in the zone."
  type        = string
  default     = "app"
}

variable "soa_email" {
  description = "Who answers for the zone."
  type        = string
  default     = "dns@example.com"
}

variable "table" {
  description = "The DynamoDB global table of the app."
  type        = string
  default     = "my-app-data"
}

variable "keys" {
  description = "The table's keys. Heartbeat items need a partition key and, if any, a sort key of text."
  type        = object({ partition = string, sort = string })
  default     = { partition = "pk", sort = "sk" }
}

variable "primary" {
  description = "Where the app's name points when the record is made. Signalbox moves it afterwards."
  type        = string
  default     = "us-east"
}

variable "regions" {
  description = "Each region by Linode's id, with the AWS region of its replica."
  type        = map(object({ aws = string }))
  default = {
    us-east    = { aws = "us-east-1" }
    us-west    = { aws = "us-west-2" }
    eu-central = { aws = "eu-central-1" }
  }

  validation {
    condition     = length(distinct([for region in var.regions : region.aws])) == length(var.regions)
    error_message = "regions: two have the same AWS region; accepted: one of its own for each."
  }
}

variable "hosts_per_region" {
  description = "App hosts in each region: the same number everywhere, the standby carries it all."
  type        = number
  default     = 2

  validation {
    condition     = var.hosts_per_region >= 2
    error_message = "hosts_per_region: accepted is 2 or more; with one host its deploy is an outage."
  }
}

variable "host_type" {
  description = "The plan of the app hosts."
  type        = string
  default     = "g6-standard-2"
}

variable "app_port" {
  description = "Where the app listens on its hosts, over plain HTTP."
  type        = number
  default     = 3000
}

variable "ssh_keys" {
  description = "Public keys that may log in to the hosts."
  type        = list(string)
}

variable "ssh_from" {
  description = "Where ssh may come from, and Ansible with it: the operators' networks."
  type        = list(string)
}

variable "certificate" {
  description = "The app's certificate chain, PEM. DNS-01 renews it in every region, HTTP-01 only where DNS points."
  type        = string
}

variable "certificate_key" {
  description = "Its private key, PEM. It is in the state: encrypt that."
  type        = string
  sensitive   = true
}

variable "coordinator" {
  description = "The coordinator's URL and public key (its check-config prints it), its host's address, and its certificate in PEM."
  type        = object({ url = string, key = string, address = string, certificate = string })
}

variable "agent_package" {
  description = "Where new hosts fetch signalbox-agent's .deb, and its SHA-256."
  type        = object({ url = string, sha256 = string })
}
