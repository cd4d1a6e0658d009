"""Administration of people: charters, trainings, stops, hubs and perimeters, one person's file, orphan rights."""

from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import charters, guarantees, hubs, orphans, person, stops, trainings
from project_spaces.text import Text

WITHDRAWN = Text("Retiré : ce qui en dépend est coupé.", "Withdrawn: what depends on it is cut.")


class ChartersPage(PageHandler):
    """Charters, and a new one."""

    template = "admin_charters.html"
    acts: ClassVar = {
        "publish": Form(
            charters.publish,
            Text("Version publiée.", "Version published."),
            charters.NewVersion,
            next=lambda result: f"admin/charters/{result['charter']}",
        )
    }

    async def page(self) -> Page:
        """Every charter."""
        return await self.run(charters.charters, Nothing())


class CharterVersionsPage(PageHandler):
    """One charter's versions."""

    template = "admin_charter.html"
    acts: ClassVar = {
        "publish": Form(charters.publish, Text("Version publiée.", "Version published."), charters.NewVersion)
    }

    async def page(self) -> Page:
        """The versions, and who has not signed the latest."""
        return {"charter": await self.run(charters.charter, Nothing())}


class TrainingsPage(PageHandler):
    """Kinds of training, and certificates to confirm."""

    template = "admin_trainings.html"
    acts: ClassVar = {
        "define": Form(trainings.define, Text("Formation enregistrée.", "Training saved."), trainings.Kind),
        "confirm": Form(trainings.confirm, Text("Formation confirmée.", "Training confirmed."), trainings.ClaimRef),
        "refuse": Form(trainings.refuse, Text("Attestation refusée.", "Certificate refused."), trainings.ClaimWhy),
    }

    async def page(self) -> Page:
        """What there is, and what waits; the form holds the training that the address names."""
        wanted = self.get_query_argument("kind", "")
        return {**await self.run(trainings.overview, Nothing()), "wanted": wanted}


class StopsPage(PageHandler):
    """Kill switches: named, foreseen, confirmed; lifted by somebody else."""

    template = "admin_stops.html"
    acts: ClassVar = {
        "foresee": Form(stops.foresee, None, stops.Stop),
        "stop": Form(
            stops.stop, Text("Arrêt posé : tout est coupé.", "Stop set: everything is cut."), stops.ConfirmedStop
        ),
        "lift": Form(stops.lift, Text("Arrêt levé.", "Stop lifted."), stops.Lift),
    }

    async def page(self) -> Page:
        """What is stopped."""
        return {**await self.run(stops.overview, Nothing()), "plan": None}

    async def after(self, form: Form, result: Any) -> None:
        """Between naming what is stopped and stopping it stands the page that says what it hits."""
        if form.verb is stops.foresee:
            await self.show(plan=result)
            return
        await super().after(form, result)


class HubsPage(PageHandler):
    """Organisations and perimeters."""

    template = "admin_hubs.html"
    acts: ClassVar = {
        "create": Form(hubs.create, Text("Organisme enregistré.", "Organisation registered."), hubs.NewOrganisation),
        "attach": Form(hubs.attach, Text("Projet rattaché.", "Project attached."), hubs.ProjectOf),
        "grant": Form(hubs.grant, Text("Périmètre confié.", "Perimeter given."), hubs.NewPerimeter),
        "revoke": Form(hubs.revoke, Text("Périmètre retiré.", "Perimeter taken away."), hubs.EndPerimeter),
    }

    async def page(self) -> Page:
        """Everything."""
        return await self.run(hubs.overview, Nothing())


class PersonPage(PageHandler):
    """One person's file."""

    template = "admin_person.html"
    acts: ClassVar = {
        "change": Form(person.change, Text("Nom et adresse enregistrés.", "Name and address saved."), person.Details),
        "affiliate": Form(hubs.affiliate, Text("Organisme enregistré.", "Organisation saved."), hubs.PersonOf),
        "identify": Form(hubs.identify, Text("Identité vérifiée.", "Identity reviewed."), hubs.Document),
        "record": Form(trainings.record, Text("Formation enregistrée.", "Training saved."), trainings.Record),
        "revoke": Form(trainings.revoke, WITHDRAWN, trainings.RecordWhy),
    }

    async def page(self) -> Page:
        """The file."""
        return {"file": await self.run(person.person, Nothing())}


class DatasetPage(PageHandler):
    """One data set: agreements, and the embargoes on it."""

    template = "admin_dataset.html"
    acts: ClassVar = {
        "ask": Form(guarantees.ask_agreement, Text("Enregistré.", "Saved."), guarantees.AgreementRule),
        "agree": Form(
            guarantees.agree, Text("Convention enregistrée.", "Agreement recorded."), guarantees.NewAgreement
        ),
        "end": Form(guarantees.end_agreement, WITHDRAWN, guarantees.AgreementWhy),
    }

    async def page(self) -> Page:
        """The data set."""
        return {"dataset": await self.run(guarantees.dataset, Nothing())}


class OrphansPage(PageHandler):
    """Rights that nothing stands behind."""

    template = "admin_orphans.html"
    acts: ClassVar = {"withdraw": Form(orphans.withdraw, Text("Droit retiré.", "Right withdrawn."), orphans.Withdrawal)}

    async def page(self) -> Page:
        """Every orphan."""
        return await self.run(orphans.orphans, Nothing())
