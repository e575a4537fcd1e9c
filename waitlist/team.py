"""Acts: who works at a clinic, in which role, and who does no longer.

Members are edited as objects, so django-auditlog writes their lines of the trail. The clinic is locked first: of two
admins who end each other's role one stays.
"""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from waitlist import live
from waitlist.models import Clinic, Membership, User
from waitlist.states import Role

TOPIC = "team"  # ends every open stream of the clinic: its page comes back, and is looked at anew
LAST_ADMIN = "is the only admin here. Make somebody else an admin first."
NOT_YOURS = "Nobody changes their own role: ask another admin."
NO_ADMIN = "You are no admin here any more, so nothing was changed."


@transaction.atomic(durable=True)
def employ(clinic: Clinic, *, email: str, name: str, role: Role, password: str | None) -> tuple[User, bool]:
    """This user has this one role at the clinic; True if they are new. A user there is keeps name and password."""
    _lock(clinic)
    user, is_new = new_user(email, name, password)
    mine = Membership.objects.filter(clinic=clinic, user=user).first()
    if mine is None:
        Membership.objects.create(clinic=clinic, user=user, role=role)
    else:
        _set_role(mine, role)
    return user, is_new


@transaction.atomic(durable=True)
def invite(clinic: Clinic, *, email: str, name: str, role: Role, by: User) -> tuple[Membership, bool]:
    """They work here from now on; True: new, with a password still to choose. ValidationError by field."""
    _lock(clinic)
    _still_admin(clinic, by)
    user, is_new = _user(email.strip().lower(), name.strip())
    if not user.is_active:
        raise ValidationError({"email": "This sign-in is switched off. Write to whoever runs Standby for you."})
    elif Membership.objects.filter(clinic=clinic, user=user).exists():
        raise ValidationError({"email": "They work here already."})
    return Membership.objects.create(clinic=clinic, user=user, role=role), is_new


def _user(email: str, name: str) -> tuple[User, bool]:
    """Who signs in by this address; True: made now, unless another clinic invites them at the same moment."""
    known = User.objects.filter(email=email)
    if (user := known.first()) is not None:
        return user, False
    user = User(email=email, name=name)
    user.set_unusable_password()
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        return known.get(), False
    return user, True


@transaction.atomic(durable=True)
def change_role(member_id: int, clinic: Clinic, role: Role, *, by: User) -> Membership:
    """From the next click on; ValidationError where it is their own, or the last admin's."""
    _lock(clinic)
    _still_admin(clinic, by)
    member = _member(clinic, member_id)
    if member.user_id == by.pk:
        raise ValidationError({"role": NOT_YOURS})
    _set_role(member, role)
    return member


@transaction.atomic(durable=True)
def end(member_id: int, clinic: Clinic, *, by: User) -> Membership:
    """They may do nothing here from the next click on, and their open pages fall silent; the user, and what the trail
    says of them, stays. ValidationError: the last admin stays."""
    _lock(clinic)
    _still_admin(clinic, by)
    return _end(_member(clinic, member_id))


@transaction.atomic(durable=True)
def dismiss(clinic: Clinic, *, email: str) -> User:
    """The same from a command, by their address."""
    _lock(clinic)
    mine = Membership.objects.filter(clinic=clinic, user__email=email.strip().lower())
    membership = mine.select_related("user").first()
    if membership is None:
        raise ValidationError({"email": f"Nobody with the address “{email}” works at {clinic.name}."})
    return _end(membership).user


def new_user(email: str, name: str, password: str | None) -> tuple[User, bool]:
    """The user with this address, or a new one with this password."""
    known = User.objects.filter(email=email.strip().lower()).first()
    if known is not None:
        return known, False
    user = User(email=email.strip().lower(), name=name)
    if not password:
        raise ValidationError({"password": "A new user needs a password."})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, True


def _lock(clinic: Clinic) -> None:
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _still_admin(clinic: Clinic, by: User) -> None:
    """Somebody may have ended it since their page was opened."""
    if not Membership.objects.filter(clinic=clinic, user=by, role=Role.ADMIN).exists():
        raise ValidationError(NO_ADMIN)


def _member(clinic: Clinic, member_id: int) -> Membership:
    member = Membership.objects.select_related("user", "clinic").filter(clinic=clinic, pk=member_id).first()
    if member is None:
        raise ValidationError("They do not work here any more.")
    return member


def _set_role(member: Membership, role: Role) -> None:
    if member.role == Role.ADMIN != role:
        _is_not_the_last(member, "role")
    if member.role != role:
        member.role = role
        member.save(update_fields=["role"])
        live.hint(member.clinic_id, TOPIC)


def _end(member: Membership) -> Membership:
    if member.role == Role.ADMIN:
        _is_not_the_last(member, "email")
    member.delete()
    live.hint(member.clinic_id, TOPIC)
    return member


def _is_not_the_last(member: Membership, field: str) -> None:
    others = Membership.objects.filter(clinic=member.clinic_id, role=Role.ADMIN, user__is_active=True)
    if not others.exclude(pk=member.pk).exists():
        raise ValidationError({field: f"{member.user.name} {LAST_ADMIN}"})
