"""The two demo clinics on paper. Every name, number and address is made up; phones end in 555-01xx."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    name: str
    address: str
    latitude: float
    longitude: float
    opens_minute: int = 9 * 60
    closes_minute: int = 19 * 60


@dataclass(frozen=True)
class Doctor:
    """`email` is how Cal.com names them; `starts_minute` is when their eight hours begin."""

    name: str
    specialty: str
    email: str
    starts_minute: int


@dataclass(frozen=True)
class Treatment:
    """A service; those of one category stand in for each other, and practitioners give their specialty's."""

    name: str
    category: str
    minutes: int
    price_cents: int
    window_minutes: int | None = None
    notice_minutes: int = 60


@dataclass(frozen=True)
class ClinicPlan:
    slug: str
    name: str
    phone: str
    sms_sender: str
    timezone: str
    state: str
    places: tuple[Place, ...]
    doctors: tuple[Doctor, ...]
    treatments: tuple[Treatment, ...]
    area_codes: tuple[str, ...]
    patients: int
    wishes: int  # still waiting once the history below has been written
    history: tuple[str, ...]  # how the openings of the past week ended


INJECTABLES, SKIN, LASER = "Injectables", "Skin", "Laser"
FILLED, RAN_OUT, KEPT_EMPTY = "filled", "ran out", "kept empty"

RADIANCE = ClinicPlan(
    slug="radiance",
    name="Radiance Med Spa",
    phone="+14155550100",
    sms_sender="+14155550199",
    timezone="America/Los_Angeles",
    state="CA",
    places=(
        Place("Downtown", "100 Example Street, San Francisco, CA", 37.7897, -122.4011),
        Place("Lakeside", "20 Example Avenue, Oakland, CA", 37.8087, -122.2600, closes_minute=18 * 60),
    ),
    doctors=(
        Doctor("Dr Chen", INJECTABLES, "chen@example.com", 9 * 60),
        Doctor("Dr Okafor", INJECTABLES, "okafor@example.com", 10 * 60),
        Doctor("M. Ruiz", SKIN, "ruiz@example.com", 9 * 60),
        Doctor("J. Lindqvist", LASER, "lindqvist@example.com", 10 * 60),
    ),
    treatments=(
        Treatment("Botox", INJECTABLES, 45, 32_000, window_minutes=15),
        Treatment("Lip filler", INJECTABLES, 45, 55_000),
        Treatment("Dermal filler", INJECTABLES, 60, 68_000),
        Treatment("Hydrating facial", SKIN, 45, 18_000),
        Treatment("Chemical peel", SKIN, 30, 15_000),
        Treatment("Microneedling", SKIN, 60, 35_000),
        Treatment("Laser hair removal", LASER, 30, 20_000),
        Treatment("Laser resurfacing", LASER, 60, 60_000, notice_minutes=120),
    ),
    area_codes=("415", "628", "510", "650"),
    patients=100,
    wishes=80,
    history=(*[FILLED] * 6, RAN_OUT, KEPT_EMPTY),
)
HARBOR = ClinicPlan(
    slug="harbor",
    name="Harbor Skin Studio",
    phone="+12125550100",
    sms_sender="+12125550199",
    timezone="America/New_York",
    state="NY",
    places=(Place("Pier House", "5 Example Wharf, New York, NY", 40.7075, -74.0021),),
    doctors=(
        Doctor("Dr Silva", INJECTABLES, "silva@example.com", 9 * 60),
        Doctor("A. Novak", SKIN, "novak@example.com", 10 * 60),
    ),
    treatments=(
        Treatment("Wrinkle relaxer", INJECTABLES, 30, 29_000),
        Treatment("Cheek filler", INJECTABLES, 60, 70_000),
        Treatment("Dermaplaning", SKIN, 45, 14_000),
        Treatment("LED facial", SKIN, 30, 11_000),
    ),
    area_codes=("212", "646", "718"),
    patients=50,
    wishes=40,
    history=(*[FILLED] * 3, RAN_OUT),
)
CLINICS = (RADIANCE, HARBOR)

FIRST_NAMES = """Ada Aisha Alma Amara Ana Anders Anita Anya Arjun Asha Aurora Beatriz Bianca Boris Bruno Camila
Carla Carmen Celia Chiara Clara Dalia Dana Daria Devi Diego Dina Dora Elena Elif Elin Emi Emil Esther Eva Farah
Felix Fiona Freya Gita Greta Hana Hanna Helga Hugo Ida Imani Ines Ingrid Irene Iris Ivan Ivy Jana Jasmin Joana
Jonas Julia Kai Karim Keiko Kira Lan Laila Lars Lea Leila Lena Lina Linh Luca Lucia Luz Mai Maja Malik Mara Marco
Maya Mei Mila Mina Mira Nadia Nina Noor Nora Olga Omar Paula Petra Pilar Priya Rana Rosa Ruth Sana Sara Selma
Sofia Stella Sunita Tara Tariq Tessa Uma Vera Wanda Wei Xenia Yara Yuki Zara Zoe""".split()
LAST_NAMES = """Abbot Adeyemi Alvarez Amin Andersen Arias Baker Banerjee Barros Bauer Becker Bello Berg Boateng
Brandt Campos Castillo Cho Clarke Costa Cruz Dahl Das Diallo Diaz Duarte Eklund Engel Farouk Fischer Flores Fontaine
Garcia Ghosh Gomez Hadid Haddad Hansen Hart Hassan Hoang Ibrahim Ito Jansen Jensen Joshi Kamau Kang Keller Khan
Kim Kovacs Kumar Lam Larsen Lee Lopez Mair Malik Marin Mensah Mori Moreno Nakamura Nasser Nguyen Nilsson Nowak
Okoye Olsen Ortega Park Patil Pereira Pham Quist Rahman Ramos Rao Reyes Rivera Rossi Sato Schmidt Shah Silveira
Singh Sorensen Suzuki Tanaka Torres Tran Varga Vega Vogel Wong Yamada Yilmaz Young Zhang""".split()
