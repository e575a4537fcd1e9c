"""Who comes to work here, and as what."""

from django import forms

from waitlist.states import Role

MAY = {  # what each role may do, in a sentence
    Role.FRONT_DESK: "Today, appointments, the waitlist, the inbox and tasks.",
    Role.MANAGER: "That, and the settings but for calendars, imports, the launch and this page; lets fees go.",
    Role.COMPLIANCE: "The trail, checks and proof of consent; no work of the day.",
    Role.ADMIN: "Everything, this page too.",
}
CHOICES = [(role.value, role.label) for role in Role]


class RoleForm(forms.Form):
    """One of the four."""

    role = forms.ChoiceField(label="Role", choices=CHOICES, error_messages={"required": "Choose a role."})


class InviteForm(RoleForm):
    """Somebody new; who has a sign-in elsewhere keeps name and password."""

    email = forms.EmailField(
        label="E-mail", max_length=254, help_text="They sign in with it: one person, one sign-in, as HIPAA asks."
    )
    name = forms.CharField(label="Name", max_length=100, help_text="As colleagues see it, and the trail.")
    field_order = ("name", "email", "role")
