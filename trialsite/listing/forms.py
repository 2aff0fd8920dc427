"""What a listing is narrowed by."""

from typing import Any, cast

from crispy_forms.helper import FormHelper
from django import forms

from trialsite.accounts.forms import FilterForm
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol


class ListingForm(FilterForm):
    """Of all sites of the person who asks, or of one."""

    site = forms.ChoiceField(required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(site.code, site.name) for site in get_protocol().sites if user.may_see_site(site.code)]
        every = "All sites" if user.sees_all_sites else "All your sites"
        cast(forms.ChoiceField, self.fields["site"]).choices = [("", every), *own]
        self.helper = FormHelper()
        self.helper.form_tag = False
