# A user for the agents of each region: hosts at Linode have no identity at AWS. What it may do is
# what `signalbox table policy` prints; with other regions or another table make the files anew:
#   for region in us-east us-west eu-central; do
#     signalbox table policy --config coordinator.toml --region $region > policies/$region.json
#   done
resource "aws_iam_user" "agents" {
  #checkov:skip=CKV_AWS_273:they are machines, which sign in nowhere
  for_each = var.regions

  name = "signalbox-${each.key}"
}

resource "aws_iam_policy" "agents" {
  for_each = var.regions

  name   = "signalbox-${each.key}"
  policy = file("${path.module}/policies/${each.key}.json")
}

resource "aws_iam_user_policy_attachment" "agents" {
  #checkov:skip=CKV_AWS_40:each user has a policy that no other one has
  for_each = var.regions

  user       = aws_iam_user.agents[each.key].name
  policy_arn = aws_iam_policy.agents[each.key].arn
}

# Access keys are not made here: they would stand in the state. For each region:
#   aws iam create-access-key --user-name signalbox-us-east
# and its answer goes, as a credentials file, to secrets/aws-us-east beside the Ansible inventory.
