"""What Yubico's python-fido2 says of the cases on standard input: one line each, "name<TAB>verdict"."""
import base64
import json
import sys

from fido2.attestation import AndroidSafetynetAttestation, AppleAttestation, FidoU2FAttestation, NoneAttestation
from fido2.attestation import PackedAttestation, TpmAttestation
from fido2.client import ClientData
from fido2.cose import CoseKey
from fido2.ctap2 import AttestationObject, AttestedCredentialData, AuthenticatorData
from fido2 import cbor
from fido2.server import Fido2Server
from fido2.webauthn import PublicKeyCredentialRpEntity

FORMATS = {one.FORMAT: one for one in (AppleAttestation, FidoU2FAttestation, NoneAttestation, PackedAttestation,
                                       TpmAttestation, AndroidSafetynetAttestation)}


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_attestation(attestation_object, client_data_hash):
    FORMATS[attestation_object.fmt]().verify(attestation_object.att_statement, attestation_object.auth_data,
                                             client_data_hash)


def check(one):
    server = Fido2Server(PublicKeyCredentialRpEntity(one["rp_id"], "Acme"), attestation="direct",
                         verify_origin=lambda origin: origin == one["origin"], verify_attestation=verify_attestation)
    state = {"challenge": one["challenge"], "user_verification": "required" if one["verify"] else "preferred"}
    response = one["response"]["response"]
    client_data = ClientData(decode(response["clientDataJSON"]))
    if one["kind"] == "registration":
        server.register_complete(state, client_data, AttestationObject(decode(response["attestationObject"])))
        return
    key = cbor.decode(decode(one["public_key"]))
    identifier = decode(one["response"]["id"])
    credential = AttestedCredentialData.create(b"\0" * 16, identifier, CoseKey.parse(key))
    server.authenticate_complete(state, [credential], identifier, client_data,
                                 AuthenticatorData(decode(response["authenticatorData"])),
                                 decode(response["signature"]))


for line in sys.stdin:
    one = json.loads(line)
    try:
        check(one)
        verdict = "passed"
    except Exception as error:
        verdict = f"refused {type(error).__name__} {error}".replace("\n", " ")
    print(f"{one['name']}\t{verdict}")
