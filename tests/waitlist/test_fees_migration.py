"""Who was a clinic before there were fees has none until somebody sets them."""

from importlib import import_module

import pytest
from django.apps import apps

from tests import factories
from waitlist.models import Clinic

pytestmark = pytest.mark.django_db


def test_fees_nobody_set_are_off_and_those_somebody_set_stay():
    unset, own = factories.clinic(), factories.clinic(cancel_fee_percent_early=20, cancel_fee_percent_late=80)
    import_module("waitlist.migrations.0018_after_a_cancellation").no_fees(apps, None)
    fees = Clinic.objects.values_list("cancel_fee_percent_early", "cancel_fee_percent_late")
    assert (fees.get(pk=unset.pk), fees.get(pk=own.pk)) == ((0, 0), (20, 80))
