"""Orders and ADT messages, as a hospital's system would send them."""

ORM = r"""MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260115080000||ORM^O01|M1|P|2.3.1||||||UNICODE UTF-8
PID|1||NG-100733^^^NORTHGEN||Świerszczyk^Żółwina||19720130|F
PV1|1|O|WARD3|||||RA^Rowanberry^Agatha^^^Dr
ORC|NW|P77|F77||||^^^202601160900^^S
OBR|1|P77|F77|CTHEAD^CT head \T\ neck^99LABKIT||||||||||||AP^Parsnipper^Leopold^^^Dr||NG2600150|RP2600150|SPS2600150|CT1|||CT|||||||^Headache
ZDS|2.25.81^NORTHGEN^Application^DICOM
"""  # noqa: E501
OMI = r"""MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260115080100||OMI^O23^OMI_O23|M2|P|2.5.1
PID|1||NG-100231^^^NORTHGEN^MR||Quillfeather^Tobias||19580304|M
PV1|1|O
ORC|NW|P78|F78
TQ1|1||||||20260116103000||R
OBR|1|P78|F78|CTHEAD^CT head^99LABKIT|||||||||||||||||||||||||||||R^^Edmunda
IPC|NG2600151|RP2600151|2.25.82|SPS2600151|CT|CTHEADP^Head protocol^99LABKIT|Scanner 1|Room 2|CT1
"""
UPDATE = r"""MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260115090000||ADT^A08^ADT_A01|M3|P|2.5.1
EVN|A08|20260115090000
PID|1||NG-100231^^^NORTHGEN^MR||Quillfeather^Tobias^James||19580305|M
PV1|1|O
"""
MERGE = r"""MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260115091000||ADT^A40^ADT_A39|M4|P|2.5.1
EVN|A40|20260115091000
PID|1||NG-100231^^^NORTHGEN^MR||Quillfeather^Tobias||19580304|M
MRG|NG-100790^^^NORTHGEN^MR
"""


def cancel(order: str) -> str:
    """The same order, taken back."""
    return order.replace("ORC|NW|", "ORC|CA|").replace("|M", "|C", 1)
