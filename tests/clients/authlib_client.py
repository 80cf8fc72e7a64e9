"""A relying party on authlib: reads one step a line ("callback http://..."), answers each with a line of JSON."""

import json
import os
import secrets
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

ISSUER = os.environ["ISSUER"]
ORDERS = "https://orders.example"
metadata = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
client = OAuth2Session(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], scope="openid email profile",
                       redirect_uri=os.environ["REDIRECT_URI"], code_challenge_method="S256",
                       token_endpoint_auth_method="client_secret_basic")
verifier = secrets.token_urlsafe(48)
nonce = secrets.token_urlsafe(16)
state = None


def authorize(_):
    global state
    location, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier,
                                                      nonce=nonce)
    return {"location": location}


def callback(address):
    token = client.fetch_token(metadata["token_endpoint"], authorization_response=address, state=state,
                               code_verifier=verifier)
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    claims = jwt.decode(token["id_token"], keys, claims_cls=CodeIDToken, claims_options={
        "iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": client.client_id},
        "nonce": {"essential": True, "value": nonce}}, claims_params={"nonce": nonce, "client_id": client.client_id})
    claims.validate()
    return {"claims": dict(claims), "userinfo": client.get(metadata["userinfo_endpoint"]).json()}


def refresh(_):
    before = client.token["refresh_token"]
    client.refresh_token(metadata["token_endpoint"], refresh_token=before)
    return {"before": before, "after": client.token["refresh_token"]}


def introspect(_):
    return client.introspect_token(metadata["introspection_endpoint"], token=client.token["refresh_token"],
                                   token_type_hint="refresh_token").json()


def revoke(_):
    response = client.revoke_token(metadata["revocation_endpoint"], token=client.token["refresh_token"],
                                   token_type_hint="refresh_token")
    return {"status": response.status_code}


def service(_):
    machine = OAuth2Session("service", os.environ["SERVICE_SECRET"], scope="orders:read",
                            token_endpoint_auth_method="client_secret_basic")
    return machine.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", resource=ORDERS)


STEPS = {step.__name__: step for step in (authorize, callback, refresh, introspect, revoke, service)}
for line in sys.stdin:
    name, _, argument = line.strip().partition(" ")
    print(json.dumps(STEPS[name](argument)), flush=True)
