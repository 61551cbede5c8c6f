//! Known values of the Certificate Transparency reference implementation, and properties.
use super::*;
use crate::hash::{from_hex, leaf_hash, to_hex};
use proptest::prelude::*;

/// The eight leaves of the reference tests.
fn reference_leaves() -> Vec<Hash> {
    let data: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    data.iter().map(|d| leaf_hash(d)).collect()
}

const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hexes(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(|h| to_hex(h)).collect()
}

#[test]
fn reference_roots() {
    let leaves = reference_leaves();
    for (n, root) in ROOTS.iter().enumerate() {
        assert_eq!(to_hex(&root_of(&leaves[..=n])), *root);
        assert_eq!(root_of_size(leaves.as_slice(), n as u64 + 1).map(|h| to_hex(&h)), Ok((*root).to_owned()));
    }
    assert_eq!(root_of(&[]), empty_root());
}

#[test]
fn reference_inclusion_proofs() {
    let leaves = reference_leaves();
    let l = leaves.as_slice();
    assert_eq!(inclusion_proof(l, 0, 1), Ok(vec![]));
    assert_eq!(
        hexes(&inclusion_proof(l, 0, 8).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        hexes(&inclusion_proof(l, 5, 8).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(hexes(&inclusion_proof(l, 2, 3).unwrap()), ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
}

#[test]
fn reference_consistency_proofs() {
    let leaves = reference_leaves();
    let l = leaves.as_slice();
    assert_eq!(consistency_proof(l, 1, 1), Ok(vec![]));
    assert_eq!(
        hexes(&consistency_proof(l, 1, 8).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        hexes(&consistency_proof(l, 6, 8).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        hexes(&consistency_proof(l, 2, 5).unwrap()),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
    let root = |n: usize| from_hex(ROOTS[n - 1]).unwrap();
    let proof = consistency_proof(l, 6, 8).unwrap();
    assert_eq!(verify_consistency(6, 8, &root(6), &root(8), &proof), Ok(()));
}

#[test]
fn out_of_range_and_trivial() {
    let leaves = reference_leaves();
    let l = leaves.as_slice();
    assert_eq!(inclusion_proof(l, 8, 8), Err(LedgerError::OutOfRange(8, 8)));
    assert!(inclusion_proof(l, 3, 100).is_err());
    assert!(inclusion_proof(l, u64::MAX - 1, u64::MAX).is_err());
    assert!(consistency_proof(l, 9, 8).is_err());
    let root = root_of(l);
    assert!(verify_inclusion(&l[0], 8, 8, &[], &root).is_err());
    assert_eq!(verify_consistency(0, 8, &empty_root(), &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 8, &root, &root, &[]), Err(LedgerError::RootMismatch));
    assert_eq!(verify_consistency(8, 8, &root, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(8, 8, &root, &root, &[root]), Err(LedgerError::ProofLength));
    assert!(verify_consistency(9, 8, &root, &root, &[]).is_err());
    assert!(verify_consistency(4, 8, &root, &root, &[]).is_err());
    assert!(verify_consistency(3, 8, &root, &root, &[]).is_err());
    assert!(verify_consistency(1, u64::MAX, &root, &root, &[root; 70]).is_err());
    assert!(verify_inclusion(&root, u64::MAX - 1, u64::MAX, &[root; 70], &root).is_err());
}

#[test]
fn every_proof_up_to_33_leaves_verifies() {
    let leaves: Vec<Hash> = (0..33u8).map(|i| leaf_hash(&[i])).collect();
    let l = leaves.as_slice();
    let roots: Vec<Hash> = (0..=33).map(|n| root_of(&l[..n])).collect();
    for n in 1..=33u64 {
        for i in 0..n {
            let proof = inclusion_proof(l, i, n).unwrap();
            let (at, size) = (i as usize, n as usize);
            assert_eq!(verify_inclusion(&l[at], i, n, &proof, &roots[size]), Ok(()));
            // No other leaf passes at this place, nor this leaf at another.
            for j in 0..n {
                let ok = verify_inclusion(&l[at], j, n, &proof, &roots[size]).is_ok();
                assert_eq!(ok, i == j, "{i} as {j} of {n}");
            }
        }
        for m in 0..=n {
            let proof = consistency_proof(l, m, n).unwrap();
            let (old, new) = (&roots[m as usize], &roots[n as usize]);
            assert_eq!(verify_consistency(m, n, old, new, &proof), Ok(()), "{m} of {n}");
        }
    }
}

/// Takes complete subtrees from what the frontier told, as a database would.
struct Told(std::collections::HashMap<(u32, u64), Hash>);

impl CompleteSubtrees for Told {
    type Error = LedgerError;
    fn complete(&self, level: u32, index: u64) -> Result<Hash, LedgerError> {
        self.0.get(&(level, index)).copied().ok_or(LedgerError::OutOfRange(index, 0))
    }
}

proptest! {
    #[test]
    fn any_change_is_noticed(n in 2u64..120, a in any::<u64>(), b in any::<u64>(), bit in any::<usize>()) {
        let leaves: Vec<Hash> = (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let l = leaves.as_slice();
        let (i, m) = (a % n, 1 + b % (n - 1));
        let (root, old) = (root_of(l), root_of(&l[..usize::try_from(m).unwrap()]));
        let flip = |proof: &mut Vec<Hash>| {
            let at = bit % (proof.len() * 256);
            proof[at / 256][at / 8 % 32] ^= 1 << (at % 8);
        };
        let mut proof = inclusion_proof(l, i, n).unwrap();
        let leaf = &l[usize::try_from(i).unwrap()];
        flip(&mut proof);
        prop_assert_eq!(verify_inclusion(leaf, i, n, &proof, &root), Err(LedgerError::RootMismatch));
        proof.push(root);
        prop_assert!(verify_inclusion(leaf, i, n, &proof, &root).is_err());
        let mut proof = consistency_proof(l, m, n).unwrap();
        prop_assert_eq!(verify_consistency(m, n, &old, &root, &proof), Ok(()));
        flip(&mut proof);
        prop_assert_eq!(verify_consistency(m, n, &old, &root, &proof), Err(LedgerError::RootMismatch));
        proof.pop();
        prop_assert!(verify_consistency(m, n, &old, &root, &proof).is_err());
    }

    #[test]
    fn stored_subtrees_suffice(n in 1u64..300, a in any::<u64>(), b in any::<u64>()) {
        let leaves: Vec<Hash> = (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut told = Told(std::collections::HashMap::new());
        let mut frontier = crate::Frontier::new();
        for l in &leaves {
            frontier.append_with(*l, |level, index, hash| { told.0.insert((level, index), *hash); });
        }
        let size = 1 + a % n;
        let index = b % size;
        prop_assert_eq!(inclusion_proof(&told, index, size), inclusion_proof(leaves.as_slice(), index, size));
        prop_assert_eq!(consistency_proof(&told, index, size), consistency_proof(leaves.as_slice(), index, size));
        prop_assert_eq!(root_of_size(&told, size).unwrap(), root_of(&leaves[..usize::try_from(size).unwrap()]));
    }
}
