"""Vietnamese, with its accents; the few words also typed without them are taken only where they stand alone.

“dung” is “dừng” (stop) or “đúng” (right), “huy” is “hủy” (cancel) or a name: we cannot know, so both opt out.
"""

from matching.states import DeclineReason
from notifications.replies.words.table import Words

WRITE = r"(?:nhắn|gửi|gởi|gọi|liên lạc|làm phiền|quấy rầy|text|spam)"

WORDS = Words(
    is_accented=True,
    yes=frozenset("có vâng dạ ừ được vang".split()),
    no=frozenset("không khong thôi".split()),
    fillers=frozenset("ạ cảm ơn cám em anh chị tôi xin nhé nha rồi lấy nhận cam on".split()),
    polite_no=frozenset("lỗi hôm nay bây giờ lần này tất cả cần".split()),
    not_a_no=frozenset("biết hiểu".split()),
    everything=frozenset("cả".split()),
    start=frozenset("bắtđầu".split()),
    help=frozenset("trợgiúp".split()),
    stop=frozenset(
        "dừng dừnglại ngừng ngừnglại hủy huỷ hủybỏ huỷbỏ chấmdứt ngưng kếtthúc"
        " dung dunglai ngung ngunglai huy huybo ngunglai huydangky ngungnhantin dungnhantin".split()
    ),
    courtesy=frozenset("xin vui lòng ạ làm ơn ngay đi cảm cám ơn".split()),
    stop_parts=(
        r"\b(?:dừng|ngừng|ngưng)\b",
        r"\b(?:hủy|huỷ) (?:bỏ )?(?:đăng ký|đăng kí|tin nhắn|nhận tin|thông báo)\b",
        rf"\b(?:đừng|thôi|chớ|không được) (?:có )?{WRITE}\b",
        rf"\bkhông (?:muốn )?(?:nhận|{WRITE})(?: \w+){{0,3}}? (?:nữa|tin|thông báo)\b",
        r"\bkhông muốn nhận\b",
        r"\b(?:sai|nhầm|lộn) (?:số|người)\b",
        r"\b(?:xóa|xoá) (?:tôi|số|tên)\b",
        r"\bchấm dứt\b",
        r"\brút lại (?:sự )?đồng ý\b",
    ),
    harmless=(
        r"\b(?:tạm) (?:dừng|ngừng|ngưng)\b",
        r"\b(?:trạm|điểm|bến) (?:dừng|xe)\b",
        r"\b(?:dừng|ngừng|ngưng) (?:thuốc|uống|hút|chân|xe|ăn)\b",
        r"\bkhông (?:dừng|ngừng|ngưng)\b",
    ),
    offers_only=(
        r"\b(?:dừng|ngừng|ngưng|đừng gửi|không nhận) (?:các |những )?(?:lịch trống|chỗ trống|ưu đãi)\b",
        r"\bchỉ (?:nhận |gửi |cần |muốn )*(?:nhắc hẹn|lời nhắc|nhắc lịch)\b",
    ),
    pause=(
        r"\btạm (?:dừng|ngừng|ngưng|hoãn)\b",
        r"\b(?:đang|đi) (?:đi )?(?:nghỉ mát|nghỉ phép|du lịch|công tác)\b",
        r"\b(?:hai|2|vài|ba|3) tuần (?:nữa|sau)\b",
        r"\btháng sau\b",
    ),
    who=(r"\bai (?:đây|vậy|đó|thế|nhắn)\b", r"\b(?:bạn|anh|chị|số này) là ai\b", r"\bsố (?:của )?ai\b"),
    yes_phrases=(r"(?:tôi |em )?đồng ý(?: ạ)?", r"dong y", r"vâng ạ"),
    no_phrases=(r"không được(?: ạ)?", r"không cần(?: ạ)?(?: cảm ơn)?", r"(?:tôi |em )?bận(?: rồi| ạ)*"),
    confirm_phrases=(r"(?:tôi |em )?xác nhận(?: ạ)?", r"xac nhan"),
    reasons={
        DeclineReason.NOT_NEEDED: (
            r"\bkhông cần (?:nữa|thiết)\b",
            r"\bđã (?:khám|có hẹn|chữa|đặt)\b",
            r"\bchỗ khác\b",
        ),
        DeclineReason.OTHER_PROVIDER: (r"\bbác sĩ khác\b", r"\b(?:muốn|chỉ) (?:gặp|khám) (?:với )?bác sĩ\b"),
        DeclineReason.TOO_SOON: (r"\b(?:gấp|nhanh) quá\b", r"\bquá gấp\b", r"\bkhông kịp\b"),
        DeclineReason.WRONG_TIME: (
            r"\b(?:giờ|ngày|hôm|lúc) (?:đó|ấy|này) (?:tôi |em )?(?:không|bận)\b",
            r"\b(?:sáng|chiều|tối) (?:tôi |em )?không\b",
            r"\bsớm quá\b|\btrễ quá\b|\bmuộn quá\b|\bphải đi làm\b|\bđang làm việc\b",
        ),
    },
)
