"""What the settings ask before anybody works on data that are neither open nor synthetic, as the domain's rules.

Open and synthetic data ask for nothing more than a habilitation; identifying data never reach a workspace at all. What
is asked of the people of the platform (reviewers, stewards, the committee, auditors) is asked whatever the data are.
"""

from datetime import timedelta

from hub_extensions.settings import Settings
from project_spaces.facts import Classification
from project_spaces.requirements import Requirement, network
from project_spaces.rules import EndRules, Rules


def access_rules(settings: Settings) -> Rules:
    """Return the rules that the store is opened with.

    Raises
    ------
    Invalid
        a name or an address range can't be one.
    """
    hours = settings.access_sign_in_hours
    sensitive = Requirement(
        sign_in_max_age=None if hours is None else timedelta(hours=hours),
        networks=tuple(network(each) for each in settings.access_networks.split()),
        trainings=frozenset(settings.access_trainings.split()),
        approvals=frozenset(settings.access_approvals.split()),
        agreement=settings.access_agreement,
        identity=settings.access_identity,
    )
    return Rules(
        tiers={Classification.PSEUDONYMISED: sensitive},
        duties=Requirement(
            trainings=frozenset(settings.access_role_trainings.split()), identity=settings.access_role_identity
        ),
        sealed=settings.spawner != "local",
        ends=EndRules(
            export_window=timedelta(days=settings.end_export_days),
            notice=timedelta(days=settings.end_notice_days),
            two_people=settings.end_two_people,
        ),
        strong_acr=frozenset(settings.access_strong_acr.split()),
        idle=settings.idle_limit,
    )
