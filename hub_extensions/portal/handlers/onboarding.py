"""My file: the checklist, a charter to read and sign, a training to show a certificate of."""

import base64
from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.verbs import onboarding, trainings
from project_spaces.text import Text

_ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


class OnboardingPage(PageHandler):
    """What I must have in order before I work."""

    template = "onboarding.html"
    acts: ClassVar = {
        "claim": Form(onboarding.claim, Text("Attestation transmise.", "Certificate handed in."), onboarding.Claim)
    }

    async def page(self) -> Page:
        """The checklist."""
        enrol = f"{self.portal.public_url}/hub/enrol"
        return {"file": await self.run(onboarding.checklist, Nothing()), "enrol_url": enrol}

    def _fields(self, form: Form) -> dict[str, Any]:
        """The form's fields, and the uploaded file as the API has it."""
        uploaded = self.request.files.get("file", [])
        found = {name: value for name, value in super()._fields(form).items() if name != "file"}
        if uploaded and uploaded[0]["body"]:
            found["file"] = base64.b64encode(uploaded[0]["body"]).decode("ascii")
        return found


class CharterPage(PageHandler):
    """A charter's full text, and its signature."""

    template = "charter.html"
    acts: ClassVar = {
        "sign": Form(
            onboarding.sign,
            Text(
                "Charte signée : l'heure et l'empreinte du texte sont gardées.", "Charter signed: time and hash kept."
            ),
            onboarding.Signature,
        )
    }

    async def page(self) -> Page:
        """The latest version."""
        return {"charter": await self.run(onboarding.charter, Nothing())}


class CertificateHandler(FileHandler):
    """The file of a certificate that waits: always saved, never shown here."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(trainings.certificate, Nothing())
        name = f"certificate-{self.path_kwargs['claim'][:8]}.{_ENDINGS[found.media_type]}"
        self.attach(name, found.media_type, found.data)
