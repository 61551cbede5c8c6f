//! The small province Sao Mai, every record of it written by hand.

use crate::testing::{Records, schema};

const WORDS: &str = "
    agency @id: kind=choice(department|commune|police|enterprise) state=bool parent=link(agency)
    person @agency: agency=link(agency) active=bool staff=choice(civil_servant|worker)
    post dated @agency: person=link(person) agency=link(agency) category=choice(specialised|direct|it_full|it_part|other)
    contact_point dated @agency: agency=link(agency) person=link(person)
    course: depth=choice(basic|advanced|deep) frame=choice(admin|operator)
    training @person.agency: person=link(person) course=link(course) done=bool completed_on=date
    certificate @person.agency: person=link(person) revoked=bool issued_on=date expires_on=date
    system @owner: owner=link(agency) running=bool budget=choice(state|own) level=int proposed=int approved_on=date started_on=date critical=bool admins=links(person)
    control dated: level=int mandatory=bool
    answer @system.owner: system=link(system) control=link(control) result=choice(met|unmet) expires_on=date
    check @system.owner: system=link(system) kind=choice(assessment|hunt) done_on=date
    layer: no=int
    system_layer dated @system.owner: system=link(system) layer=link(layer)
    product: strategic=bool security=bool origin=choice(vietnam|other)
    deployment @agency: agency=link(agency) product=link(product) system=link(system) started_on=date ended_on=date
    assessment: product=link(product) passed=bool signed_on=date valid_until=date
    budget_line @agency: agency=link(agency) year=int actual=bool topic=choice(science|digital|it|security|roads) amount=money";

/// Sao Mai: the province, two departments, two communes, the police.
pub(crate) fn sao_mai() -> Records {
    let mut w = Records::new(schema(WORDS));
    force(&mut w);
    systems(&mut w);
    checks(&mut w);
    products(&mut w);
    w
}

/// Agencies, people, posts, contact points, training.
fn force(w: &mut Records) {
    w.add_all(
        "agency",
        "
        province path=/province/
        stttt kind=department state=1 parent=province path=/province/stttt/
        sgd kind=department state=1 parent=province path=/province/sgd/
        hoa_mai kind=commune state=1 parent=province path=/province/hoa_mai/
        an_binh kind=commune state=1 parent=province path=/province/an_binh/
        police kind=police state=1 parent=province path=/province/police/
        ~old kind=department path=/province/old/",
    );
    w.add_all(
        "person",
        "
        lan agency=stttt active=1 staff=civil_servant
        minh agency=stttt active=1 staff=civil_servant
        hoa agency=hoa_mai active=1 staff=civil_servant
        tu agency=hoa_mai active=0 staff=civil_servant
        son agency=police active=1
        nga agency=sgd staff=worker
        ~gone agency=stttt active=1",
    );
    // lan: specialised; minh: IT; hoa: IT part time; son: specialised of the police; tu left; nga's post is over
    w.add_all(
        "post",
        "
        p1 person=lan agency=stttt category=specialised valid_from=2024-01-01
        p2 person=minh agency=stttt category=it_full valid_from=2024-01-01
        p3 person=hoa agency=hoa_mai category=it_part
        p4 person=son agency=police category=specialised valid_to=2026-06-30
        p5 person=nga agency=sgd category=direct valid_to=2026-06-29
        ~p6 person=nga agency=sgd category=specialised
        p7 person=tu agency=hoa_mai category=direct",
    );
    w.add_all(
        "contact_point",
        "
        c1 agency=stttt person=lan confirmed_on=2026-06-01
        c2 agency=sgd person=nga confirmed_on=2026-06-01
        c3 agency=hoa_mai person=tu confirmed_on=2026-06-01
        c4 agency=an_binh person=hoa confirmed_on=2026-04-01
        c5 agency=an_binh person=hoa confirmed_on=2026-06-02 valid_from=2026-07-01
        c6 agency=hoa_mai person=hoa confirmed_on=2026-04-01",
    );
    w.add_all("course", "basic depth=basic\n deep depth=deep frame=admin");
    w.add_all(
        "training",
        "
        t1 person=lan course=basic done=1 completed_on=2026-01-01
        t2 person=son course=basic done=1 completed_on=2025-12-31
        t3 person=son course=basic done=0 completed_on=2026-02-01
        t4 person=minh course=deep done=1 completed_on=2025-05-05
        t5 person=hoa course=basic done=1 completed_on=2025-05-05
        t6 person=minh course=basic done=1 completed_on=2026-07-01
        ~t7 person=son course=deep done=1 completed_on=2026-02-01",
    );
    w.add_all(
        "certificate",
        "
        x1 person=minh revoked=0 issued_on=2025-06-01 expires_on=2026-06-30
        x2 person=lan revoked=0 issued_on=2023-06-01 expires_on=2026-06-29
        x3 person=son revoked=1 issued_on=2025-06-01",
    );
}

/// Systems, the catalogue and their answers.
fn systems(w: &mut Records) {
    w.add_all(
        "system",
        "
        s1 owner=stttt running=1 budget=state level=3 approved_on=2026-02-01 started_on=2026-02-01 critical=1 admins=minh+hoa
        s2 owner=stttt running=1 budget=state level=3 approved_on=2026-03-02 started_on=2026-03-01 admins=minh
        s3 owner=hoa_mai running=1 budget=state level=2 approved_on=2024-01-01 started_on=2024-02-01 admins=tu
        s4 owner=hoa_mai running=1 budget=state proposed=2
        s5 owner=an_binh running=1 budget=state
        s6 owner=sgd running=1 budget=own level=4 approved_on=2024-01-01 critical=1
        s7 owner=sgd running=0 budget=state level=3 approved_on=2024-01-01
        s8 owner=sgd running=1 budget=state level=5 approved_on=2024-01-01",
    );
    // level 3 demands two, level 2 one (another one ended), level 4 one; level 5 demands nothing: not known, never met
    w.add_all(
        "control",
        "
        k31 level=3 mandatory=1
        k32 level=3 mandatory=1
        k33 level=3 mandatory=0
        k21 level=2 mandatory=1
        k22 level=2 mandatory=1 valid_to=2025-12-31
        k41 level=4 mandatory=1",
    );
    w.add_all(
        "answer",
        "
        a1 system=s1 control=k31 result=met expires_on=2026-06-30
        a2 system=s1 control=k32 result=met
        a3 system=s2 control=k31 result=met
        a4 system=s2 control=k32 result=met expires_on=2026-06-29
        a5 system=s2 control=k21 result=met
        a6 system=s4 control=k21 result=met",
    );
}

/// Checks and layers of systems.
fn checks(w: &mut Records) {
    w.add_all(
        "check",
        "
        e1 system=s1 kind=assessment done_on=2025-07-01
        e2 system=s1 kind=hunt done_on=2026-01-10
        e3 system=s2 kind=assessment done_on=2025-06-30
        e4 system=s3 kind=assessment done_on=2026-01-10
        e5 system=s2 kind=hunt done_on=2026-01-10",
    );
    w.add_all("layer", "l1 no=1\n l2 no=2\n l3 no=3\n l4 no=4");
    w.add_all(
        "system_layer",
        "
        y1 system=s1 layer=l1
        y2 system=s1 layer=l2
        y3 system=s1 layer=l3 valid_from=2026-02-01
        y4 system=s1 layer=l4 valid_from=2026-02-02
        y5 system=s2 layer=l1
        y6 system=s2 layer=l2
        y7 system=s2 layer=l3
        y8 system=s2 layer=l4 valid_to=2026-06-29",
    );
}

/// Products, their use and assessment, money.
fn products(w: &mut Records) {
    w.add_all("product", "viet strategic=1 security=1 origin=vietnam\n scan security=1 origin=other\n paper strategic=0 origin=vietnam");
    w.add_all(
        "deployment",
        "
        d1 agency=stttt product=viet system=s1 started_on=2026-01-10
        d2 agency=sgd product=viet started_on=2024-01-01 ended_on=2026-06-01
        d3 agency=hoa_mai product=paper started_on=2024-01-01
        d4 agency=hoa_mai product=viet started_on=2024-01-01
        d5 agency=stttt product=scan system=s2 started_on=2026-01-10
        d6 agency=stttt product=viet started_on=2026-07-10
        d7 agency=sgd started_on=2026-01-10
        d8 agency=an_binh product=scan system=s5",
    );
    w.add_all(
        "assessment",
        "
        q1 product=viet passed=1 signed_on=2024-01-02 valid_until=2027-01-01
        q2 product=scan passed=1 signed_on=2026-01-11
        q3 product=scan passed=0 signed_on=2025-01-01",
    );
    w.add_all(
        "budget_line",
        "
        b1 agency=stttt year=2026 actual=1 topic=it amount=9000
        b2 agency=stttt year=2026 actual=1 topic=security amount=1000
        b3 agency=hoa_mai year=2026 actual=1 topic=digital amount=1000
        b4 agency=hoa_mai year=2026 actual=0 topic=security amount=500
        b5 agency=hoa_mai year=2025 actual=1 topic=security amount=500
        b6 agency=hoa_mai year=2026 actual=1 topic=roads amount=9999
        ~b7 agency=sgd year=2026 actual=1 topic=security amount=777
        b8 agency=sgd year=2026 actual=1 topic=science",
    );
}
