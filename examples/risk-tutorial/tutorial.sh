# The tutorial as commands. In this folder: sh -e tutorial.sh

# Steps 1 and 3: the test user, and the policy that asks for multifactor authentication.
gatewright apply --yes

# Step 2: a sign-in from an anonymising network, without multifactor authentication.
gatewright sandbox sign-in --user MyTestUser1@contoso.com --risk medium
gatewright risk wait --user MyTestUser1 --state atRisk --timeout 15m
gatewright risk detections --user MyTestUser1

# Step 3: again, with multifactor authentication. The policy is met, and the risk remediated.
gatewright sandbox sign-in --user MyTestUser1@contoso.com --risk medium --ip 185.220.101.213 --passed-mfa
gatewright risk detections --user MyTestUser1 --state remediated

# Step 4: the policy that blocks is switched on beside it. Now nothing helps.
gatewright apply -t block --yes
gatewright sandbox sign-in -t block --user MyTestUser1@contoso.com --risk medium --passed-mfa
gatewright risk users --user MyTestUser1

# Step 5: it was only a tutorial.
gatewright risk dismiss MyTestUser1 --yes
gatewright risk users --user MyTestUser1
gatewright risk history MyTestUser1

# Step 6: everything goes that the manifests name.
gatewright destroy --yes
